package org.richkernel.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.richkernel.emulator.DeviceSession.argument;
import static org.richkernel.emulator.DeviceSession.check;

import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import jcuda.Pointer;
import jcuda.driver.CUDA_MEMCPY2D;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmemorytype;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;

/**
 * Asynchronous copies run late: who does not wait for them, or changes what they read, gets other
 * numbers or a report.
 */
@OnEmulatedDevice
class LateCopiesTest {
  private static final int BYTES = 16;

  private static final String DOUBLE =
      "extern \"C\" __global__ void twice(float* x) { x[threadIdx.x] *= 2; }";

  /** Four floats of page-locked memory. */
  private static final class PageLocked {
    private final Pointer pointer = new Pointer();
    private final FloatBuffer floats;

    PageLocked(float... values) {
      check(JCudaDriver.cuMemHostAlloc(pointer, BYTES, 0));
      floats = pointer.getByteBuffer(0, BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
      floats.put(0, values);
    }

    float[] content() {
      float[] values = new float[4];
      floats.get(0, values);
      return values;
    }
  }

  private static CUstream stream() {
    CUstream stream = new CUstream();
    check(JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
    return stream;
  }

  private static void twice(CUfunction kernel, CUdeviceptr x, CUstream stream) {
    Pointer arguments = Pointer.to(argument(x));
    check(JCudaDriver.cuLaunchKernel(kernel, 1, 1, 1, 4, 1, 1, 0, stream, arguments, null));
  }

  private static void order(CUstream first, CUstream second) {
    CUevent event = new CUevent();
    check(JCudaDriver.cuEventCreate(event, 2));
    check(JCudaDriver.cuEventRecord(event, first));
    check(JCudaDriver.cuStreamWaitEvent(second, event, 0));
    check(JCudaDriver.cuEventDestroy(event));
  }

  @Test
  void numbersAreOnTheHostWhenItHasWaitedAndNotBefore() {
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.upload(1f, 2f, 3f, 4f);
      PageLocked answer = new PageLocked(1f, 2f, 3f, 4f);
      CUstream stream = stream();
      check(JCudaDriver.cuMemcpyDtoHAsync(answer.pointer, x, BYTES, stream));
      assertThat(answer.content()).containsOnly(Float.NaN);
      check(JCudaDriver.cuStreamSynchronize(stream));
      assertThat(answer.content()).containsExactly(1f, 2f, 3f, 4f);
    }
  }

  @Test
  void anEventBehindTheCopyIsEnoughAndOneBeforeItIsNot() {
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.upload(1f, 2f, 3f, 4f);
      PageLocked answer = new PageLocked(0f, 0f, 0f, 0f);
      CUstream stream = stream();
      CUevent before = new CUevent();
      CUevent behind = new CUevent();
      check(JCudaDriver.cuEventCreate(before, 2));
      check(JCudaDriver.cuEventCreate(behind, 2));
      check(JCudaDriver.cuEventRecord(before, stream));
      check(JCudaDriver.cuMemcpyDtoHAsync(answer.pointer, x, BYTES, stream));
      check(JCudaDriver.cuEventRecord(behind, stream));
      check(JCudaDriver.cuEventSynchronize(before));
      assertThat(answer.content()).containsOnly(Float.NaN);
      check(JCudaDriver.cuEventSynchronize(behind));
      assertThat(answer.content()).containsExactly(1f, 2f, 3f, 4f);
    }
  }

  /** What waits for a stream waits for all that this stream had to wait for. */
  @Test
  void waitingGoesThroughEventsBetweenStreams() {
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.upload(1f, 2f, 3f, 4f);
      PageLocked answer = new PageLocked(0f, 0f, 0f, 0f);
      CUstream first = stream();
      CUstream second = stream();
      CUstream third = stream();
      check(JCudaDriver.cuMemcpyDtoHAsync(answer.pointer, x, BYTES, first));
      order(first, second);
      order(second, third);
      check(JCudaDriver.cuStreamSynchronize(third));
      assertThat(answer.content()).containsExactly(1f, 2f, 3f, 4f);
    }
  }

  @Test
  void workOfTheSameStreamComesAfterItsCopiesAndNoneOfAnotherDoes() {
    try (DeviceSession session = new DeviceSession()) {
      CUfunction kernel = session.kernel(DOUBLE, "twice");
      CUdeviceptr x = session.upload(0f, 0f, 0f, 0f);
      PageLocked numbers = new PageLocked(1f, 2f, 3f, 4f);
      CUstream transfer = stream();
      CUstream compute = stream();

      check(JCudaDriver.cuMemcpyHtoDAsync(x, numbers.pointer, BYTES, transfer));
      twice(kernel, x, transfer);
      check(JCudaDriver.cuStreamSynchronize(transfer));
      assertThat(session.floats(x, 4)).containsExactly(2f, 4f, 6f, 8f);

      check(JCudaDriver.cuMemcpyHtoDAsync(x, numbers.pointer, BYTES, transfer));
      twice(kernel, x, compute);
      check(JCudaDriver.cuStreamSynchronize(transfer));
      assertThat(session.floats(x, 4)).as("a lost update").containsExactly(1f, 2f, 3f, 4f);

      check(JCudaDriver.cuMemcpyHtoDAsync(x, numbers.pointer, BYTES, transfer));
      order(transfer, compute);
      twice(kernel, x, compute);
      check(JCudaDriver.cuStreamSynchronize(compute));
      assertThat(session.floats(x, 4)).containsExactly(2f, 4f, 6f, 8f);
      assertThat(EmulatedDevice.lastReport()).isEmpty();
    }
  }

  @Test
  void laterWorkOfTheSameStreamDoesNotChangeWhatACopyBringsAndThatOfAnotherDoes() {
    try (DeviceSession session = new DeviceSession()) {
      CUfunction kernel = session.kernel(DOUBLE, "twice");
      CUdeviceptr x = session.upload(1f, 2f, 3f, 4f);
      PageLocked answer = new PageLocked(0f, 0f, 0f, 0f);
      CUstream transfer = stream();
      CUstream compute = stream();
      check(JCudaDriver.cuMemcpyDtoHAsync(answer.pointer, x, BYTES, transfer));
      twice(kernel, x, transfer);
      assertThat(answer.content()).containsOnly(Float.NaN);
      check(JCudaDriver.cuStreamSynchronize(transfer));
      assertThat(answer.content()).containsExactly(1f, 2f, 3f, 4f);

      check(JCudaDriver.cuMemcpyDtoHAsync(answer.pointer, x, BYTES, transfer));
      twice(kernel, x, compute);
      check(JCudaDriver.cuStreamSynchronize(transfer));
      assertThat(answer.content()).containsExactly(4f, 8f, 12f, 16f);
    }
  }

  @Test
  void sourceThatIsChangedBeforeTheCopyRanArrivesChanged() {
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.allocate(BYTES);
      PageLocked numbers = new PageLocked(1f, 2f, 3f, 4f);
      CUstream stream = stream();
      check(JCudaDriver.cuMemcpyHtoDAsync(x, numbers.pointer, BYTES, stream));
      numbers.floats.put(0, 7f);
      check(JCudaDriver.cuStreamSynchronize(stream));
      assertThat(session.floats(x, 4)).containsExactly(7f, 2f, 3f, 4f);
    }
  }

  @Test
  void sourceThatIsChangedAfterTheDeviceUsedItIsReported() {
    try (DeviceSession session = new DeviceSession()) {
      CUfunction kernel = session.kernel(DOUBLE, "twice");
      CUdeviceptr x = session.allocate(BYTES);
      PageLocked numbers = new PageLocked(1f, 2f, 3f, 4f);
      CUstream stream = stream();
      check(JCudaDriver.cuMemcpyHtoDAsync(x, numbers.pointer, BYTES, stream));
      twice(kernel, x, stream);
      numbers.floats.put(0, 7f);
      assertThat(JCudaDriver.cuStreamSynchronize(stream))
          .isEqualTo(CUresult.CUDA_ERROR_LAUNCH_FAILED);
      assertThat(EmulatedDevice.lastReport())
          .contains("cuMemcpyHtoDAsync_v2")
          .contains("before it waited");
    }
  }

  @Test
  void memoryThatIsFreedUnderACopyIsReported() {
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.upload(1f, 2f, 3f, 4f);
      PageLocked answer = new PageLocked(0f, 0f, 0f, 0f);
      CUstream stream = stream();
      check(JCudaDriver.cuMemcpyDtoHAsync(answer.pointer, x, BYTES, stream));
      assertThat(JCudaDriver.cuMemFree(x)).isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
      assertThat(EmulatedDevice.lastReport()).contains("freed").contains("cuMemcpyDtoHAsync_v2");
    }
    EmulatedDevice.reset();
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.upload(1f, 2f, 3f, 4f);
      PageLocked answer = new PageLocked(0f, 0f, 0f, 0f);
      check(JCudaDriver.cuMemcpyDtoHAsync(answer.pointer, x, BYTES, stream()));
      assertThat(JCudaDriver.cuMemFreeHost(answer.pointer))
          .isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
    }
  }

  @Test
  void rectanglesRunLateToo() {
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.upload(1f, 2f, 3f, 4f);
      PageLocked answer = new PageLocked(0f, 0f, 0f, 0f);
      CUstream stream = stream();
      CUDA_MEMCPY2D column = new CUDA_MEMCPY2D();
      column.srcMemoryType = CUmemorytype.CU_MEMORYTYPE_DEVICE;
      column.srcDevice = x;
      column.srcPitch = 8;
      column.dstMemoryType = CUmemorytype.CU_MEMORYTYPE_HOST;
      column.dstHost = answer.pointer;
      column.dstPitch = 4;
      column.WidthInBytes = 4;
      column.Height = 2;
      check(JCudaDriver.cuMemcpy2DAsync(column, stream));
      assertThat(answer.content()).containsExactly(Float.NaN, Float.NaN, 0f, 0f);
      check(JCudaDriver.cuStreamSynchronize(stream));
      assertThat(answer.content()).containsExactly(1f, 3f, 0f, 0f);
    }
  }

  /** A driver passes pageable memory through a buffer of its own. */
  @Test
  void pageableMemoryIsFreeWhenTheCallReturns() {
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.allocate(BYTES);
      float[] numbers = {1f, 2f, 3f, 4f};
      CUstream stream = stream();
      check(JCudaDriver.cuMemcpyHtoDAsync(x, Pointer.to(numbers), BYTES, stream));
      numbers[0] = 7f;
      float[] answer = new float[4];
      check(JCudaDriver.cuMemcpyDtoHAsync(Pointer.to(answer), x, BYTES, stream));
      assertThat(answer).containsExactly(1f, 2f, 3f, 4f);
    }
  }

  @Test
  void copyToTheHostOfBytesNeverWrittenIsCaughtWhenItRuns() {
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.allocate(BYTES);
      PageLocked answer = new PageLocked(0f, 0f, 0f, 0f);
      CUstream stream = stream();
      check(JCudaDriver.cuMemcpyDtoHAsync(answer.pointer, x, BYTES, stream));
      assertThat(JCudaDriver.cuStreamSynchronize(stream))
          .isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
      assertThat(EmulatedDevice.lastReport()).contains("uninitialised read: 16 bytes");
    }
  }
}
