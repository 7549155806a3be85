package org.richkernel.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a driver takes down of a stream, and what it refuses meanwhile. */
@OnEmulatedDevice
class GraphsTest {
  private static final int BYTES = 64;
  private static final int ALONE = CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_GLOBAL;
  private static final int OF_THREAD = CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;

  private final CUdevice device = new CUdevice();
  private final CUcontext context = new CUcontext();
  private final CUstream stream = new CUstream();
  private final CUstream other = new CUstream();
  private final CUdeviceptr memory = new CUdeviceptr();

  @BeforeEach
  void openDevice() {
    EmulatedDevice.reset();
    JCudaDriver.setExceptionsEnabled(false);
    JCudaDriver.cuInit(0);
    JCudaDriver.cuDeviceGet(device, 0);
    JCudaDriver.cuDevicePrimaryCtxRetain(context, device);
    JCudaDriver.cuCtxSetCurrent(context);
    JCudaDriver.cuStreamCreate(stream, 1);
    JCudaDriver.cuStreamCreate(other, 1);
    JCudaDriver.cuMemAlloc(memory, BYTES);
    set(1);
  }

  @AfterEach
  void closeDevice() {
    EmulatedDevice.reset();
  }

  private int set(int value) {
    return JCudaDriver.cuMemsetD8Async(memory, (byte) value, BYTES, stream);
  }

  private byte first() {
    byte[] bytes = new byte[BYTES];
    JCudaDriver.cuMemcpyDtoH(Pointer.to(bytes), memory, BYTES);
    return bytes[0];
  }

  private int begin(int mode) {
    return JCudaDriver.cuStreamBeginCapture(stream, mode);
  }

  private int end(CUgraph graph) {
    return JCudaDriver.cuStreamEndCapture(stream, graph);
  }

  @Test
  void workIsDoneWhenTheGraphIsLaunchedAndNotBefore() {
    CUgraph graph = new CUgraph();
    CUgraphExec ready = new CUgraphExec();
    assertThat(begin(OF_THREAD)).isZero();
    assertThat(set(7)).isZero();
    assertThat(end(graph)).isZero();
    assertThat(first()).isEqualTo((byte) 1);
    assertThat(JCudaDriver.cuGraphInstantiate(ready, graph, 0)).isZero();
    assertThat(JCudaDriver.cuGraphDestroy(graph)).isZero();
    for (int i = 0; i < 2; i++) {
      set(1);
      assertThat(JCudaDriver.cuGraphLaunch(ready, other)).isZero();
      assertThat(first()).isEqualTo((byte) 7);
    }
    assertThat(EmulatedDevice.counter("graphLaunches")).isEqualTo(2);
    assertThat(EmulatedDevice.counter("replays")).isEqualTo(2);
    assertThat(JCudaDriver.cuGraphExecDestroy(ready)).isZero();
    assertThat(JCudaDriver.cuGraphLaunch(ready, stream))
        .isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
    assertThat(EmulatedDevice.counter("graphs")).isZero();
  }

  private void requireSpoilt(String what, int answer) {
    assertThat(answer).as(what).isEqualTo(CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    assertThat(set(7))
        .as("work after " + what)
        .isEqualTo(CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    assertThat(end(new CUgraph()))
        .as("end after " + what)
        .isEqualTo(CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    // the stream is at work again
    assertThat(set(3)).isZero();
    assertThat(first()).isEqualTo((byte) 3);
  }

  @Test
  void waitsAndAllocationsSpoilACapture() {
    begin(OF_THREAD);
    requireSpoilt("a wait for the stream", JCudaDriver.cuStreamSynchronize(stream));
    begin(OF_THREAD);
    requireSpoilt("a wait for all", JCudaDriver.cuCtxSynchronize());
    begin(OF_THREAD);
    requireSpoilt("an allocation", JCudaDriver.cuMemAlloc(new CUdeviceptr(), BYTES));
    begin(OF_THREAD);
    requireSpoilt("memory of the host", JCudaDriver.cuMemHostAlloc(new Pointer(), BYTES, 0));
    begin(OF_THREAD);
    requireSpoilt("a free", JCudaDriver.cuMemFree(memory));
  }

  @Test
  void otherThreadsSpoilACaptureThatIsToBeAlone() {
    begin(ALONE);
    requireSpoilt("an allocation of another thread", elsewhere());
    begin(OF_THREAD);
    assertThat(elsewhere()).isZero();
    assertThat(JCudaDriver.cuStreamSynchronize(other)).as("another stream").isZero();
    assertThat(set(7)).isZero();
    CUgraph graph = new CUgraph();
    assertThat(CompletableFuture.supplyAsync(() -> onThisDevice(() -> end(graph))).join())
        .isEqualTo(CUresult.CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);
    assertThat(end(graph)).isZero();
    assertThat(end(graph)).isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_STATE);
  }

  private int elsewhere() {
    return CompletableFuture.supplyAsync(
            () -> onThisDevice(() -> JCudaDriver.cuMemAlloc(new CUdeviceptr(), BYTES)))
        .join();
  }

  private int onThisDevice(java.util.function.IntSupplier call) {
    JCudaDriver.cuCtxSetCurrent(context);
    return call.getAsInt();
  }

  @Test
  void graphThatOutlivesItsMemoryIsFoundOut() {
    CUgraph graph = new CUgraph();
    CUgraphExec ready = new CUgraphExec();
    begin(OF_THREAD);
    set(7);
    end(graph);
    JCudaDriver.cuGraphInstantiate(ready, graph, 0);
    JCudaDriver.cuMemFree(memory);
    assertThat(JCudaDriver.cuGraphLaunch(ready, stream)).isNotZero();
    assertThat(EmulatedDevice.lastReport()).contains("cuMemsetD8Async");
  }
}
