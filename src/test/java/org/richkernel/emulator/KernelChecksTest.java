package org.richkernel.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.richkernel.emulator.DeviceSession.argument;
import static org.richkernel.emulator.DeviceSession.check;

import java.io.IOException;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults planted in kernels are caught, and named with kernel, block, thread and allocation. */
@OnEmulatedDevice
class KernelChecksTest {

  private static final String FILL =
      """
      extern "C" __global__ void fill(float* x, int n, float value) {
        int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i < n) x[i] = value;
      }
      """;

  private static final String COPY =
      """
      extern "C" __global__ void copy(const float* from, float* to, int n) {
        int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i < n) to[i] = from[i];
      }
      """;

  @Test
  void kernelWithinBoundsRunsAndReportsNothing() {
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.allocate(100 * 4);
      CUfunction fill = session.kernel(FILL, "fill");
      check(session.launch(fill, 4, 32, 0, argument(x), argument(100), argument(2.5f)));
      assertThat(session.floats(x, 100)).containsOnly(2.5f);
      assertThat(EmulatedDevice.lastReport()).isEmpty();
      assertThat(EmulatedDevice.counter("violations")).isZero();
    }
  }

  @Test
  void writePastTheEndIsCaughtAndSpoilsTheContext() {
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.allocate(100 * 4);
      CUfunction fill = session.kernel(FILL, "fill");
      int result = session.launch(fill, 4, 32, 0, argument(x), argument(101), argument(1f));
      assertThat(result).isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
      assertThat(EmulatedDevice.lastReport())
          .contains("write of 4 bytes in kernel fill, block (3,0,0), thread (4,0,0)")
          .contains("at test.cu:3")
          .contains("0 bytes past the end of allocation #1 of 400 bytes");
      assertThat(JCudaDriver.cuCtxSynchronize()).isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
      assertThat(JCudaDriver.cuMemAlloc(new CUdeviceptr(), 8))
          .isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
    }
  }

  @Test
  void writeBeforeTheStartIsCaught() {
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.allocate(400);
      CUfunction kernel =
          session.kernel(
              "extern \"C\" __global__ void k(float* x) { x[-(int)threadIdx.x] = 1; }", "k");
      assertThat(session.launch(kernel, 1, 2, 0, argument(x)))
          .isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
      assertThat(EmulatedDevice.lastReport())
          .contains("thread (1,0,0)")
          .contains("4 bytes before the start of allocation #1");
    }
  }

  @Test
  void readAfterFreeIsCaught() {
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr from = session.upload(1f, 2f, 3f);
      CUdeviceptr to = session.allocate(12);
      CUfunction copy = session.kernel(COPY, "copy");
      check(JCudaDriver.cuMemFree(from));
      assertThat(session.launch(copy, 1, 32, 0, argument(from), argument(to), argument(3)))
          .isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
      assertThat(EmulatedDevice.lastReport()).contains("use after free").contains("allocation #1");
    }
  }

  /** Addresses come back in the end, but a stale pointer is known through many allocations. */
  @Test
  void readAfterFreeIsCaughtAThousandAllocationsLater() {
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr from = session.upload(1f, 2f, 3f);
      CUdeviceptr to = session.allocate(12);
      CUfunction copy = session.kernel(COPY, "copy");
      check(JCudaDriver.cuMemFree(from));
      for (int i = 0; i < 1000; i++) {
        check(JCudaDriver.cuMemFree(session.upload(4f, 5f, 6f)));
      }
      assertThat(session.launch(copy, 1, 32, 0, argument(from), argument(to), argument(3)))
          .isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
      assertThat(EmulatedDevice.lastReport()).contains("use after free").contains("allocation #1");
    }
  }

  /** 30000 allocations would leave 120 MB if each kept a page of the map of written bytes. */
  @Test
  void allocationsThatWereFreedKeepNoMemoryOfTheHost() throws IOException {
    try (DeviceSession session = new DeviceSession()) {
      float[] values = new float[64];
      long before = 0;
      for (int i = 0; i < 30_000; i++) {
        if (i == 5_000) {
          before = ResidentMemory.bytes();
        }
        check(JCudaDriver.cuMemFree(session.upload(values)));
      }
      assertThat(ResidentMemory.bytes() - before).isLessThan(20L << 20);
    }
  }

  @Test
  void readOfBytesThatWereNeverWrittenIsCaught() {
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr from = session.allocate(16);
      CUdeviceptr to = session.allocate(16);
      check(JCudaDriver.cuMemsetD32(from, 0, 3));
      CUfunction copy = session.kernel(COPY, "copy");
      check(session.launch(copy, 1, 32, 0, argument(from), argument(to), argument(3)));
      assertThat(session.launch(copy, 1, 32, 0, argument(from), argument(to), argument(4)))
          .isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
      assertThat(EmulatedDevice.lastReport())
          .contains("uninitialised read: 4 bytes at offset 12 of allocation #1");
    }
  }

  @Test
  void sharedMemoryIsCheckedAndEmptyInEachBlock() {
    String source =
        """
        extern "C" __global__ void past(float* out, int last) {
          __shared__ float tile[2][8];
          tile[threadIdx.x / 8][threadIdx.x % 8] = 1.0f;
          __syncthreads();
          out[threadIdx.x] = tile[1][threadIdx.x == 15 ? last : 0];
        }
        extern "C" __global__ void unwritten(float* out) {
          __shared__ float tile[8];
          if (blockIdx.x == 0) tile[threadIdx.x] = 1.0f;
          __syncthreads();
          out[threadIdx.x] = tile[threadIdx.x];
        }
        """;
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr out = session.allocate(64);
      CUfunction past = session.kernel(source, "past");
      check(session.launch(past, 1, 16, 0, argument(out), argument(7)));
      assertThat(session.launch(past, 1, 16, 0, argument(out), argument(8)))
          .isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
      assertThat(EmulatedDevice.lastReport())
          .contains("0 bytes past the end of shared variable tile of 64 bytes");
    }
    EmulatedDevice.reset();
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr out = session.allocate(64);
      CUfunction unwritten = session.kernel(source, "unwritten");
      assertThat(session.launch(unwritten, 2, 8, 0, argument(out)))
          .isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
      assertThat(EmulatedDevice.lastReport())
          .contains("block (1,0,0)")
          .contains("uninitialised read")
          .contains("shared variable tile");
    }
  }

  @Test
  void dynamicSharedMemoryIsBoundByTheLaunch() {
    String source =
        """
        extern "C" __global__ void k(float* out) {
          extern __shared__ float buffer[];
          buffer[threadIdx.x] = threadIdx.x;
          __syncthreads();
          out[threadIdx.x] = buffer[blockDim.x - 1 - threadIdx.x];
        }
        """;
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr out = session.allocate(32 * 4);
      CUfunction kernel = session.kernel(source, "k");
      check(session.launch(kernel, 1, 32, 32 * 4, argument(out)));
      assertThat(session.floats(out, 2)).containsExactly(31f, 30f);
      assertThat(session.launch(kernel, 1, 32, 31 * 4, argument(out)))
          .isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
      assertThat(EmulatedDevice.lastReport()).contains("shared variable (dynamic) of 124 bytes");
    }
  }

  @Test
  void barrierThatSomeThreadsDoNotReachIsCaught() {
    String source =
        """
        extern "C" __global__ void exits(int n) {
          if (threadIdx.x >= n) return;
          __syncthreads();
        }
        extern "C" __global__ void branches(int n) {
          if (threadIdx.x < n) {
            __syncthreads();
          } else {
            __syncthreads();
          }
        }
        """;
    for (String name : new String[] {"exits", "branches"}) {
      EmulatedDevice.reset();
      try (DeviceSession session = new DeviceSession()) {
        CUfunction kernel = session.kernel(source, name);
        check(session.launch(kernel, 2, 64, 0, argument(64)));
        assertThat(session.launch(kernel, 2, 64, 0, argument(40)))
            .isEqualTo(CUresult.CUDA_ERROR_LAUNCH_FAILED);
        assertThat(EmulatedDevice.lastReport())
            .contains("divergent barrier")
            .contains("kernel " + name)
            .contains("thread (40,0,0)");
      }
    }
  }

  @Test
  void sharedMemoryUsedByTwoThreadsWithoutABarrierIsCaught() {
    String source =
        """
        extern "C" __global__ void k(float* out, int before, int after) {
          __shared__ float tile[64];
          tile[threadIdx.x] = threadIdx.x;
          if (before) __syncthreads();
          float other = tile[threadIdx.x & ~1];
          if (after) __syncthreads();
          tile[threadIdx.x] = other;
          out[threadIdx.x] = other;
        }
        """;
    int[][] barriers = {{1, 1}, {0, 1}, {1, 0}};
    for (int[] barrier : barriers) {
      EmulatedDevice.reset();
      try (DeviceSession session = new DeviceSession()) {
        CUdeviceptr out = session.allocate(64 * 4);
        CUfunction kernel = session.kernel(source, "k");
        int result =
            session.launch(
                kernel, 2, 64, 0, argument(out), argument(barrier[0]), argument(barrier[1]));
        if (barrier[0] + barrier[1] == 2) {
          check(result);
        } else {
          assertThat(result).isEqualTo(CUresult.CUDA_ERROR_LAUNCH_FAILED);
          assertThat(EmulatedDevice.lastReport()).contains("race on shared variable tile");
        }
      }
    }
  }

  /** Sixteen bytes at once need a multiple of sixteen, of eight is not enough. */
  @ParameterizedTest
  @CsvSource({
    "read,  'double2 a = *reinterpret_cast<const double2*>(x + 2); x[0] = float(a.x + a.y);'",
    "read,  'float4 a = *reinterpret_cast<const float4*>(x + 6); x[0] = a.x + a.w;'",
    "write, '*reinterpret_cast<float4*>(x + 2) = make_float4(1, 2, 3, 4);'",
    "write, '*reinterpret_cast<double2*>(x + 10) = make_double2(1, 2);'",
    "read,  'struct alignas(16) P { float v[4]; }; P a = *(const P*)(x + 2); x[0] = a.v[0] + a.v[3];'",
    "write, 'struct alignas(16) P { float v[4]; }; P a = {1, 2, 3, x[0]}; *(P*)(x + 2) = a;'"
  })
  void sixteenBytesAtAMultipleOfEightAreCaught(String access, String body) {
    String source = "extern \"C\" __global__ void k(float* x) { " + body + " }";
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.upload(new float[16]);
      assertThat(session.launch(session.kernel(source, "k"), 1, 1, 0, argument(x)))
          .isEqualTo(CUresult.CUDA_ERROR_MISALIGNED_ADDRESS);
      assertThat(EmulatedDevice.lastReport()).contains(access + " of 16 bytes", "misaligned");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "double2 a = *reinterpret_cast<const double2*>(x + 4); x[0] = float(a.x + a.y);",
        "*reinterpret_cast<float4*>(x + 8) = make_float4(1, 2, 3, 4);",
        "double* y = reinterpret_cast<double*>(x + 2); y[0] = 1; y[1] = 2;",
        "double* y = reinterpret_cast<double*>(x + 2); double a = y[0], b = y[1]; x[0] = a + b;",
        "float a = x[1], b = x[2], c = x[3], d = x[4]; x[5] = a; x[6] = b; x[7] = c; x[8] = d;"
      })
  void accessesThatADeviceAllowsPass(String body) {
    String source = "extern \"C\" __global__ void k(float* x) { " + body + " }";
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.upload(new float[16]);
      check(session.launch(session.kernel(source, "k"), 1, 1, 0, argument(x)));
      assertThat(EmulatedDevice.lastReport()).isEmpty();
    }
  }

  @Test
  void misalignedVectorAccessIsCaught() {
    String source =
        """
        extern "C" __global__ void k(float* x) {
          *reinterpret_cast<double*>(x + 1) = 1.0;
        }
        """;
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.allocate(64);
      assertThat(session.launch(session.kernel(source, "k"), 1, 1, 0, argument(x)))
          .isEqualTo(CUresult.CUDA_ERROR_MISALIGNED_ADDRESS);
      assertThat(EmulatedDevice.lastReport()).contains("write of 8 bytes").contains("at test.cu:2");
    }
  }

  @Test
  void hostPointerInAKernelIsCaught() {
    try (DeviceSession session = new DeviceSession()) {
      session.allocate(64);
      CUfunction kernel =
          session.kernel(
              "extern \"C\" __global__ void k(unsigned long long x) { *(float*)x = 1; }", "k");
      assertThat(session.launch(kernel, 1, 1, 0, Pointer.to(new long[] {0x7000_0000_0000L})))
          .isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
      assertThat(EmulatedDevice.lastReport()).contains("is not in device memory");
    }
  }

  @Test
  void moreThreadsThanTheLaunchBoundsAllowAreRefused() {
    String source = "extern \"C\" __global__ void __launch_bounds__(2 * 32) k() {}";
    try (DeviceSession session = new DeviceSession()) {
      CUfunction kernel = session.kernel(source, "k");
      check(session.launch(kernel, 1, 64, 0));
      assertThat(session.launch(kernel, 1, 65, 0)).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    }
  }

  @Test
  void allocationThatIsNeverFreedIsNamed() {
    DeviceSession session = new DeviceSession();
    CUdeviceptr first = session.allocate(1000);
    session.allocate(24);
    check(JCudaDriver.cuMemFree(first));
    assertThat(EmulatedDevice.leaks()).isEqualTo(1);
    session.close();
    assertThat(EmulatedDevice.lastReport()).contains("leak: 1 allocations").contains("#2 of 24");
  }

  @Test
  void copyPastTheEndAndDoubleFreeAreRefused() {
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.allocate(8);
      assertThat(JCudaDriver.cuMemcpyHtoD(x, Pointer.to(new float[3]), 12))
          .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
      assertThat(EmulatedDevice.lastReport()).contains("run over the end of allocation #1");
      check(JCudaDriver.cuMemFree(x));
      assertThat(JCudaDriver.cuMemFree(x)).isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    }
  }
}
