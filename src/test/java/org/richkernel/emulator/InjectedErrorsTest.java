package org.richkernel.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.richkernel.emulator.DeviceSession.check;

import jcuda.Pointer;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasStatus;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;
import jcuda.nvrtc.nvrtcResult;
import org.junit.jupiter.api.Test;

/** Errors come back where a test asked for them, and the counters tell what was done. */
@OnEmulatedDevice
class InjectedErrorsTest {

  private static final String NOTHING = "extern \"C\" __global__ void nothing() {}";

  @Test
  void nthAllocationFailsOnce() {
    try (DeviceSession session = new DeviceSession()) {
      EmulatedDevice.fail("alloc", 3, CUresult.CUDA_ERROR_OUT_OF_MEMORY);
      session.allocate(8);
      session.allocate(8);
      assertThat(JCudaDriver.cuMemAlloc(new CUdeviceptr(), 8))
          .isEqualTo(CUresult.CUDA_ERROR_OUT_OF_MEMORY);
      session.allocate(8);
      assertThat(EmulatedDevice.counter("allocations")).isEqualTo(3);
    }
  }

  @Test
  void launchFailureIsStickyUntilTheContextIsReleased() {
    try (DeviceSession session = new DeviceSession()) {
      CUfunction nothing = session.kernel(NOTHING, "nothing");
      EmulatedDevice.fail("cuLaunchKernel", 2, CUresult.CUDA_ERROR_LAUNCH_FAILED);
      check(session.launch(nothing, 1, 1, 0));
      assertThat(session.launch(nothing, 1, 1, 0)).isEqualTo(CUresult.CUDA_ERROR_LAUNCH_FAILED);
      assertThat(JCudaDriver.cuStreamSynchronize(null))
          .isEqualTo(CUresult.CUDA_ERROR_LAUNCH_FAILED);
    }
    try (DeviceSession session = new DeviceSession()) {
      check(session.launch(session.kernel(NOTHING, "nothing"), 1, 1, 0));
    }
  }

  @Test
  void copyAndLibraryCallAndCompilationFail() {
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.upload(1f, 2f);
      EmulatedDevice.fail("copy", 1, CUresult.CUDA_ERROR_UNKNOWN);
      assertThat(JCudaDriver.cuMemcpyDtoH(Pointer.to(new float[2]), x, 8))
          .isEqualTo(CUresult.CUDA_ERROR_UNKNOWN);
      assertThat(session.floats(x, 2)).containsExactly(1f, 2f);

      JCublas2.setExceptionsEnabled(false);
      EmulatedDevice.fail("cublasCreate_v2", 1, cublasStatus.CUBLAS_STATUS_NOT_INITIALIZED);
      cublasHandle handle = new cublasHandle();
      assertThat(JCublas2.cublasCreate(handle))
          .isEqualTo(cublasStatus.CUBLAS_STATUS_NOT_INITIALIZED);
      assertThat(JCublas2.cublasCreate(handle)).isZero();
      assertThat(JCublas2.cublasDestroy(handle)).isZero();

      EmulatedDevice.fail("nvrtcCompileProgram", 1, nvrtcResult.NVRTC_ERROR_COMPILATION);
      nvrtcProgram program = new nvrtcProgram();
      assertThat(JNvrtc.nvrtcCreateProgram(program, NOTHING, "n.cu", 0, null, null)).isZero();
      assertThat(JNvrtc.nvrtcCompileProgram(program, 0, null))
          .isEqualTo(nvrtcResult.NVRTC_ERROR_COMPILATION);
      assertThat(JNvrtc.nvrtcCompileProgram(program, 0, null)).isZero();
      assertThat(JNvrtc.nvrtcDestroyProgram(program)).isZero();
    }
  }

  @Test
  void missingDeviceAndOlderDriverAreReported() {
    JCudaDriver.setExceptionsEnabled(false);
    EmulatedDevice.setDriverVersion(11040);
    int[] version = new int[1];
    check(JCudaDriver.cuDriverGetVersion(version));
    assertThat(version[0]).isEqualTo(11040);
    EmulatedDevice.setDevices(0);
    assertThat(JCudaDriver.cuInit(0)).isEqualTo(CUresult.CUDA_ERROR_NO_DEVICE);
    EmulatedDevice.setDevices(2);
    assertThat(JCudaDriver.cuDeviceGet(new CUdevice(), 0))
        .isEqualTo(CUresult.CUDA_ERROR_NOT_INITIALIZED);
    check(JCudaDriver.cuInit(0));
    int[] count = new int[1];
    check(JCudaDriver.cuDeviceGetCount(count));
    assertThat(count[0]).isEqualTo(2);
  }

  @Test
  void memoryRunsOutAtTheSizeOfTheDevice() {
    EmulatedDevice.setMemory(1000);
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr first = session.allocate(600);
      assertThat(JCudaDriver.cuMemAlloc(new CUdeviceptr(), 401))
          .isEqualTo(CUresult.CUDA_ERROR_OUT_OF_MEMORY);
      long[] free = new long[1];
      long[] total = new long[1];
      check(JCudaDriver.cuMemGetInfo(free, total));
      assertThat(free[0]).isEqualTo(400);
      assertThat(total[0]).isEqualTo(1000);
      check(JCudaDriver.cuMemFree(first));
      session.allocate(1000);
    }
  }

  @Test
  void liveAllocationsNeverOverlapEvenAfterAllAddressesWereUsedOnce() {
    try (DeviceSession session = new DeviceSession()) {
      long gibibyte = 1L << 30;
      CUdeviceptr[] kept = new CUdeviceptr[8];
      for (int round = 0; round < 120; round++) {
        CUdeviceptr large = session.allocate(2 * gibibyte);
        int slot = round % kept.length;
        if (kept[slot] != null) {
          check(JCudaDriver.cuMemFree(kept[slot]));
        }
        kept[slot] = session.allocate(1000);
        check(JCudaDriver.cuMemsetD8(kept[slot], (byte) round, 1000));
        check(JCudaDriver.cuMemFree(large));
        for (int i = 0; i < Math.min(round + 1, kept.length); i++) {
          byte[] bytes = new byte[1000];
          check(JCudaDriver.cuMemcpyDtoH(Pointer.to(bytes), kept[i], 1000));
          int written = round - Math.floorMod(round - i, kept.length);
          assertThat(bytes).as("buffer %d in round %d", i, round).containsOnly((byte) written);
        }
      }
      assertThat(EmulatedDevice.counter("liveBytes")).isEqualTo(8000);
    }
  }

  @Test
  void countersCountWhatWasDone() {
    try (DeviceSession session = new DeviceSession()) {
      CUdeviceptr x = session.upload(1f, 2f, 3f, 4f);
      CUdeviceptr y = session.allocate(16);
      check(JCudaDriver.cuMemcpyDtoD(y, x, 12));
      session.floats(y, 2);
      check(JCudaDriver.cuMemsetD8(y, (byte) 0, 5));
      CUfunction nothing = session.kernel(NOTHING, "nothing");
      check(session.launch(nothing, 2, 8, 0));
      check(session.launch(nothing, 2, 8, 0));
      check(JCudaDriver.cuCtxSynchronize());
      assertThat(EmulatedDevice.counter("allocations")).isEqualTo(2);
      assertThat(EmulatedDevice.counter("liveBytes")).isEqualTo(32);
      assertThat(EmulatedDevice.counter("bytesHtoD")).isEqualTo(16);
      assertThat(EmulatedDevice.counter("bytesDtoD")).isEqualTo(12);
      assertThat(EmulatedDevice.counter("bytesDtoH")).isEqualTo(8);
      assertThat(EmulatedDevice.counter("bytesSet")).isEqualTo(5);
      assertThat(EmulatedDevice.counter("launches")).isEqualTo(2);
      assertThat(EmulatedDevice.counter("syncs")).isEqualTo(1);
      assertThat(EmulatedDevice.counter("modules")).isEqualTo(1);
      check(JCudaDriver.cuMemFree(x));
      check(JCudaDriver.cuMemFree(y));
      assertThat(EmulatedDevice.counter("frees")).isEqualTo(2);
      assertThat(EmulatedDevice.counter("liveBytes")).isZero();
      assertThat(EmulatedDevice.counter("peakBytes")).isEqualTo(32);
      assertThat(EmulatedDevice.counter("liveAllocations")).isZero();
    }
  }

  @Test
  void entryPointThatIsNotEmulatedSaysSo() {
    try (DeviceSession session = new DeviceSession()) {
      assertThat(JCudaDriver.cuMemAllocManaged(new CUdeviceptr(), 8, 1))
          .isEqualTo(CUresult.CUDA_ERROR_NOT_SUPPORTED);
      assertThat(EmulatedDevice.lastReport()).isEqualTo("cuMemAllocManaged is not emulated");
    }
  }

  @Test
  void cubinOfAnotherEmulatorIsRefused() {
    byte[] cubin = DeviceSession.compile(NOTHING);
    try (DeviceSession session = new DeviceSession()) {
      check(JCudaDriver.cuModuleLoadData(new CUmodule(), cubin));
      cubin[20] ^= 1;
      assertThat(JCudaDriver.cuModuleLoadData(new CUmodule(), cubin))
          .isEqualTo(CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU);
    }
  }
}
