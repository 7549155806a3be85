package org.richkernel.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.richkernel.emulator.DeviceSession.argument;
import static org.richkernel.emulator.DeviceSession.check;

import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;

/** Shuffles, votes, barriers and atomics give what the CUDA programming guide says. */
@OnEmulatedDevice
class WarpOperationsTest {

  @Test
  void blockSumByShufflesAndSharedMemoryEqualsTheSum() {
    String source =
        """
        template <typename T> __device__ __forceinline__ T warpSum(T value) {
          for (int offset = 16; offset > 0; offset >>= 1)
            value += __shfl_down_sync(0xffffffffu, value, offset);
          return value;
        }
        extern "C" __global__ void sum(const double* x, double* out, int n) {
          __shared__ double warps[8];
          double value = 0;
          for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
            value += x[i];
          value = warpSum(value);
          if (threadIdx.x % warpSize == 0) warps[threadIdx.x / warpSize] = value;
          __syncthreads();
          if (threadIdx.x == 0) {
            double total = 0;
            for (int w = 0; w < blockDim.x / 32; w++) total += warps[w];
            out[blockIdx.x] = total;
          }
        }
        """;
    double[] values = new double[1000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.upload(values);
      CUdeviceptr out = session.allocate(3 * 8);
      CUfunction sum = session.kernel(source, "sum");
      check(session.launch(sum, 3, 256, 0, argument(x), argument(out), argument(1000)));
      double[] partial = session.doubles(out, 3);
      assertThat(partial[0] + partial[1] + partial[2]).isEqualTo(499500.0);
    }
  }

  @Test
  void lanesHearFromTheLaneTheyName() {
    String source =
        """
        extern "C" __global__ void k(int* out) {
          int lane = threadIdx.x;
          out[lane] = __shfl_sync(0xffffffffu, lane * 10, 5);
          out[32 + lane] = __shfl_xor_sync(0xffffffffu, lane, 1);
          out[64 + lane] = __shfl_up_sync(0xffffffffu, lane, 2);
          out[96 + lane] = __shfl_down_sync(0xffffffffu, lane, 1, 8);
          out[128 + lane] = __ballot_sync(0xffffffffu, lane % 2);
          if (lane < 8) out[160 + lane] = __shfl_sync(0xffu, lane, 7 - lane);
          out[168 + lane] = __all_sync(0xffffffffu, lane < 31) * 2 + __any_sync(0xffffffffu, lane == 31);
        }
        """;
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr out = session.allocate(200 * 4);
      check(session.launch(session.kernel(source, "k"), 1, 32, 0, argument(out)));
      int[] values = new int[200];
      check(JCudaDriver.cuMemcpyDtoH(Pointer.to(values), out, 800));
      for (int lane = 0; lane < 32; lane++) {
        assertThat(values[lane]).isEqualTo(50);
        assertThat(values[32 + lane]).isEqualTo(lane ^ 1);
        assertThat(values[64 + lane]).isEqualTo(lane < 2 ? lane : lane - 2);
        assertThat(values[96 + lane]).isEqualTo(lane % 8 == 7 ? lane : lane + 1);
        assertThat(values[128 + lane]).isEqualTo(0xAAAAAAAA);
        assertThat(values[168 + lane]).isEqualTo(1);
      }
      for (int lane = 0; lane < 8; lane++) {
        assertThat(values[160 + lane]).isEqualTo(7 - lane);
      }
    }
  }

  @Test
  void shuffleThatALaneOfTheMaskNeverReachesIsCaught() {
    String source =
        """
        extern "C" __global__ void k() {
          if (threadIdx.x < 31) __shfl_sync(0xffffffffu, 1, 0);
        }
        """;
    try (DeviceSession session = new DeviceSession()) {
      assertThat(session.launch(session.kernel(source, "k"), 1, 32, 0))
          .isEqualTo(CUresult.CUDA_ERROR_LAUNCH_FAILED);
      assertThat(EmulatedDevice.lastReport())
          .contains("divergent warp operation")
          .contains("thread (31,0,0) has returned");
    }
  }

  @Test
  void atomicsOfAllBlocksAddUp() {
    String source =
        """
        extern "C" __global__ void k(double* sum, int* least, unsigned* count) {
          int i = blockIdx.x * blockDim.x + threadIdx.x;
          atomicAdd(sum, 0.5);
          atomicMin(least, 100 - i);
          atomicAdd(count, 1u);
        }
        """;
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr sum = session.upload(0.0);
      CUdeviceptr least = session.allocate(4);
      CUdeviceptr count = session.allocate(4);
      check(JCudaDriver.cuMemsetD32(least, 1000, 1));
      check(JCudaDriver.cuMemsetD32(count, 0, 1));
      CUfunction kernel = session.kernel(source, "k");
      check(session.launch(kernel, 5, 100, 0, argument(sum), argument(least), argument(count)));
      assertThat(session.doubles(sum, 1)).containsExactly(250.0);
      assertThat(session.integer(least)).isEqualTo(-399);
      assertThat(session.integer(count)).isEqualTo(500);
    }
  }

  @Test
  void atomicsOnSharedMemoryAndWarpBarriersAreNotTakenForRaces() {
    String source =
        """
        extern "C" __global__ void k(int* out) {
          __shared__ int total;
          __shared__ int lanes[64];
          if (threadIdx.x == 0) total = 0;
          __syncthreads();
          atomicAdd(&total, (int)threadIdx.x);
          lanes[threadIdx.x] = threadIdx.x;
          __syncwarp();
          int other = lanes[threadIdx.x ^ 1];
          __syncthreads();
          out[threadIdx.x] = total + other;
        }
        """;
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr out = session.allocate(64 * 4);
      check(session.launch(session.kernel(source, "k"), 1, 64, 0, argument(out)));
      assertThat(session.integer(out)).isEqualTo(63 * 32 + 1);
    }
  }
}
