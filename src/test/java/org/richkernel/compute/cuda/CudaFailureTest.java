package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.BackendProvider;
import org.richkernel.compute.BackendUnavailableException;
import org.richkernel.compute.DeviceLostException;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;

/** Every call that can fail does so once; the message must say what was done and to what. */
@OnEmulatedDevice
class CudaFailureTest {
  private static final int ILLEGAL_ADDRESS = 700;
  private static final int LAUNCH_FAILED = 719;

  private final CudaBackendProvider provider = new CudaBackendProvider();

  private Backend open() {
    return provider.open(BackendOptions.defaults());
  }

  @AfterEach
  void defaultDevice() {
    EmulatedDevice.setDevices(1);
    EmulatedDevice.setDriverVersion(12060);
  }

  @Test
  void lostDeviceIsNamedAndEveryLaterCallSaysSo() {
    Backend backend = open();
    Matrix x = backend.allocate(Precision.FLOAT32, 30, 20, "x");
    EmulatedDevice.fail("launch", 1, LAUNCH_FAILED);
    assertThatThrownBy(() -> backend.fill(1, x))
        .isInstanceOf(DeviceLostException.class)
        .hasMessageContaining("fill of x (30 x 20, FLOAT32)")
        .hasMessageContaining("CUDA_ERROR_LAUNCH_FAILED")
        .hasMessageContaining("--resume");
    assertThatThrownBy(() -> backend.sum(x))
        .isInstanceOf(DeviceLostException.class)
        .hasMessageContaining("sum of x");
    x.close();
    backend.close();
    assertThat(backend.allocatedBytes()).isZero();
    assertThat(backend.openMatrices()).isZero();
  }

  @Test
  void faultThatShowsAtTheNextWaitIsALostDevice() {
    Backend backend = open();
    Matrix x = backend.allocate(Precision.FLOAT32, 30, 20, "x");
    EmulatedDevice.fail("sync", 1, ILLEGAL_ADDRESS);
    assertThatThrownBy(() -> backend.sum(x))
        .isInstanceOf(DeviceLostException.class)
        .hasMessageContaining("CUDA_ERROR_ILLEGAL_ADDRESS");
    x.close();
    backend.close();
  }

  @Test
  void failureOfCublasNamesTheCallAndTheOperands() {
    try (Backend backend = open();
        Matrix a = backend.allocate(Precision.FLOAT32, 3, 4, "a");
        Matrix c = backend.allocate(Precision.FLOAT32, 3, 3, "c")) {
      EmulatedDevice.fail("cublasSgemm_v2", 1, 13);
      assertThatThrownBy(() -> backend.gemm(Transpose.NO, Transpose.YES, 1, a, a, 0, c))
          .isInstanceOf(CudaException.class)
          .hasMessageContaining("cublasSgemm")
          .hasMessageContaining("CUBLAS_STATUS_EXECUTION_FAILED")
          .hasMessageContaining("gemm of a (3 x 4, FLOAT32)");
      backend.gemm(Transpose.NO, Transpose.YES, 1, a, a, 0, c);
      EmulatedDevice.fail("cublasSgemm_v2", 1, 3);
      assertThatThrownBy(() -> backend.gemm(Transpose.NO, Transpose.YES, 1, a, a, 0, c))
          .isInstanceOf(OutOfDeviceMemoryException.class)
          .hasMessageContaining("gemm of a");
    }
  }

  @Test
  void failureOfCusolverNamesTheCallAndTheOperand() {
    try (Backend backend = open();
        Matrix a = backend.allocate(Precision.FLOAT64, 4, 4, "kernel")) {
      backend.addDiagonal(1, a);
      EmulatedDevice.fail("cusolverDnDpotrf", 1, 6);
      assertThatThrownBy(() -> backend.cholesky(a))
          .isInstanceOf(CudaException.class)
          .hasMessageContaining("cusolverDnDpotrf")
          .hasMessageContaining("cholesky of kernel (4 x 4, FLOAT64)");
      backend.cholesky(a);
    }
  }

  @Test
  void failureToStageATransferLeavesTheBackendUsable() {
    try (Backend backend = open();
        Matrix a = backend.allocate(Precision.FLOAT64, 100, 100, "a")) {
      EmulatedDevice.fail("hostAlloc", 1, 2);
      assertThatThrownBy(() -> backend.upload(new double[10_000], a))
          .isInstanceOf(OutOfDeviceMemoryException.class)
          .hasMessageContaining("cuMemHostAlloc");
      backend.upload(new double[10_000], a);
    }
  }

  @Test
  void noStepOfOpeningLeavesAnythingBehindWhenItFails() {
    String[] steps = {
      "cuDevicePrimaryCtxRetain",
      "cuStreamCreate",
      "cuEventCreate",
      "hostAlloc",
      "module",
      "alloc",
      "launch",
      "copy",
      "cublasCreate_v2",
      "cublasSetStream_v2",
      "cublasSetMathMode",
      "cusolverDnCreate"
    };
    for (String step : steps) {
      EmulatedDevice.reset();
      // the allocator tries twice
      EmulatedDevice.fail(step, 1, 2);
      EmulatedDevice.fail(step, 2, 2);
      assertThat(catchThrowable(this::open))
          .as("opening when %s fails", step)
          .isInstanceOf(BackendUnavailableException.class)
          .hasMessageContaining("backend cuda cannot be used");
      for (String kind : List.of("liveAllocations", "contexts", "streams", "events", "modules")) {
        assertThat(EmulatedDevice.counter(kind)).as("%s after failing %s", kind, step).isZero();
      }
    }
  }

  @Test
  void probeTellsNoDeviceOldDriverAndBrokenDriverApart() {
    EmulatedDevice.setDevices(0);
    requireRefusal("shows no device", "CUDA_VISIBLE_DEVICES");
    EmulatedDevice.reset();
    EmulatedDevice.setDevices(1);
    EmulatedDevice.setDriverVersion(11080);
    requireRefusal("supports CUDA 11.8 and CUDA 12 is needed", "update the NVIDIA driver");
    EmulatedDevice.reset();
    EmulatedDevice.setDriverVersion(12060);
    EmulatedDevice.fail("cuInit", 1, 803);
    requireRefusal("CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "restart the machine");
    EmulatedDevice.reset();
    EmulatedDevice.fail("cuInit", 1, 999);
    requireRefusal("CUDA_ERROR_UNKNOWN", "nvidia-smi");
  }

  /** cuBLAS cannot make a handle where its work space finds no room, and words that its own way. */
  @Test
  void handleThatFindsNoRoomIsToldFromABrokenLibrary() {
    EmulatedDevice.setMemory(128 << 20);
    EmulatedDevice.fail("cublasCreate_v2", 1, 1);
    assertThatThrownBy(this::open)
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessageContaining("cublasCreate answered CUBLAS_STATUS_NOT_INITIALIZED (1)")
        .hasMessageContaining("are free")
        .hasMessageContaining("nvidia-smi");
    EmulatedDevice.reset();
    EmulatedDevice.fail("cublasCreate_v2", 1, 1);
    assertThatThrownBy(this::open)
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessageContaining("CUBLAS_STATUS_NOT_INITIALIZED")
        .hasMessageNotContaining("are free");
  }

  @ParameterizedTest
  @ValueSource(ints = {ILLEGAL_ADDRESS, LAUNCH_FAILED, 721, 911})
  void errorsThatSpoilTheContextAreALostDevice(int code) {
    Backend backend = open();
    Matrix x = backend.allocate(Precision.FLOAT32, 3, 2, "x");
    EmulatedDevice.fail("launch", 1, code);
    assertThatThrownBy(() -> backend.fill(1, x))
        .isInstanceOf(DeviceLostException.class)
        .hasMessageContaining("(" + code);
    assertThatThrownBy(() -> backend.fill(1, x)).isInstanceOf(DeviceLostException.class);
    x.close();
    backend.close();
  }

  @Test
  void eigenvaluesBeyondCusolversWorkSpaceAreRefused() {
    Factorizations.requireWorkspace("kernel", 32_766);
    assertThatThrownBy(() -> Factorizations.requireWorkspace("kernel", 32_767))
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessageContaining("the eigenvalues of kernel are wanted")
        .hasMessageContaining("use --backend cpu");
  }

  private void requireRefusal(String finding, String mend) {
    BackendProvider.Probe probe = provider.probe(BackendOptions.defaults());
    assertThat(probe.usable()).isFalse();
    assertThat(probe.device()).isEqualTo("none");
    assertThat(probe.report())
        .anySatisfy(line -> assertThat(line).contains(finding).contains(mend));
  }

  @Test
  void probeOfTheEmulatedDeviceSaysThatItIsEmulated() {
    BackendProvider.Probe probe = provider.probe(BackendOptions.defaults());
    assertThat(probe.usable()).isTrue();
    assertThat(probe.device()).isEqualTo(EmulatedDevice.NAME);
    assertThat(probe.report())
        .anySatisfy(line -> assertThat(line).contains("emulated on the processor"))
        .anySatisfy(line -> assertThat(line).contains("a kernel was compiled, loaded and run"));
    assertThat(EmulatedDevice.counter("contexts")).isZero();
  }

  @Test
  void probeThatCannotLaunchIsNotUsable() {
    EmulatedDevice.fail("launch", 1, LAUNCH_FAILED);
    BackendProvider.Probe probe = provider.probe(BackendOptions.defaults());
    assertThat(probe.usable()).isFalse();
    assertThat(probe.report())
        .anySatisfy(line -> assertThat(line).contains("CUDA_ERROR_LAUNCH_FAILED"));
  }
}
