package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.BackendUnavailableException;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;

/** Several devices in one machine, behind one backend. */
@OnEmulatedDevice
class CudaDevicesTest {
  private static final BackendOptions OPTIONS = BackendOptions.defaults();

  @BeforeEach
  void threeDevices() {
    EmulatedDevice.setDevices(3);
  }

  @AfterEach
  void oneDeviceWithNothingOnIt() {
    for (String kind : List.of("liveAllocations", "contexts", "streams", "events", "modules")) {
      assertThat(EmulatedDevice.counter(kind)).as(kind).isZero();
    }
    EmulatedDevice.setDevices(1);
  }

  private static Backend open(Integer... devices) {
    return Backends.open("cuda", OPTIONS.withDevices(List.of(devices)), line -> {});
  }

  @Test
  void everyDeviceComputesInAContextOfItsOwnOnOneThread() {
    try (Backend first = open(2, 0)) {
      assertThat(EmulatedDevice.counter("contexts")).isEqualTo(2);
      assertThat(first.info().device()).isEqualTo("2 x " + EmulatedDevice.NAME);
      assertThat(first.devices()).hasSize(2).startsWith(first);
      Backend second = first.devices().get(1);
      assertThat(second.info().device()).isEqualTo(EmulatedDevice.NAME);
      assertThat(second.devices()).containsExactly(second);
      try (Matrix x = first.allocate(Precision.FLOAT32, 40, 30, "x");
          Matrix y = second.allocate(Precision.FLOAT32, 40, 30, "y");
          Matrix c = first.allocate(Precision.FLOAT64, 30, 30, "c");
          Matrix d = second.allocate(Precision.FLOAT64, 30, 30, "d")) {
        // calls alternate, so that each finds the context of the other
        first.fillGaussian(1, 2, 0, x);
        second.fillGaussian(1, 2, 0, y);
        first.gram(1, x, 0, c);
        second.gram(1, y, 0, d);
        first.addDiagonal(30, c);
        second.addDiagonal(30, d);
        first.cholesky(c);
        second.cholesky(d);
        assertThat(second.sum(d)).isEqualTo(first.sum(c)).isNotZero();
        assertThat(second.openMatrices()).isEqualTo(2);
        assertThatThrownBy(() -> first.gemm(Transpose.NO, Transpose.NO, 1, c, d, 0, c))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("d (30 x 30, FLOAT64) belongs to another backend");
      }
    }
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  @Test
  void deviceThatDoesNotExistIsNamedWithThoseThatDo() {
    assertThatThrownBy(() -> open(0, 3))
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessageContaining("there is no device 3, the driver shows devices 0 to 2")
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    EmulatedDevice.setDevices(1);
    assertThatThrownBy(() -> open(1)).hasMessageContaining("the driver shows only device 0");
  }

  @Test
  void probeListsEveryDevice() {
    assertThat(new CudaBackendProvider().probe(BackendOptions.defaults()).report())
        .anySatisfy(line -> assertThat(line).startsWith("device 0: " + EmulatedDevice.NAME))
        .anySatisfy(line -> assertThat(line).startsWith("device 2: " + EmulatedDevice.NAME));
  }

  /** The other devices are opened before the first, so the failure strikes with some open. */
  @Test
  void deviceThatCannotBeOpenedLeavesNothingOnTheOthers() {
    for (int nth = 1; nth <= 3; nth++) {
      EmulatedDevice.fail("cublasCreate_v2", nth, 1);
      assertThat(catchThrowable(() -> open(0, 1, 2)))
          .as("the failure of call %d", nth)
          .isInstanceOf(BackendUnavailableException.class);
      assertThat(EmulatedDevice.counter("contexts")).isZero();
    }
  }

  @Test
  void deviceThatIsLostDoesNotTakeTheOthersWithIt() {
    try (Backend first = open(0, 1)) {
      Backend second = first.devices().get(1);
      try (Matrix x = first.allocate(Precision.FLOAT32, 4, 3, "x");
          Matrix y = second.allocate(Precision.FLOAT32, 4, 3, "y")) {
        EmulatedDevice.fail("launch", 1, 719);
        assertThat(catchThrowable(() -> second.fill(1, y))).hasMessageContaining("fill of y");
        first.fill(2, x);
        assertThat(first.sum(x)).isEqualTo(24);
      }
    }
  }

  @Test
  void matrixLeftOpenOnASecondDeviceIsNamedWhenTheFirstCloses() {
    Backend first = open(0, 1);
    Matrix left = first.devices().get(1).allocate(Precision.FLOAT32, 2, 3, "forgotten");
    assertThatThrownBy(first::close)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("forgotten (2 x 3, FLOAT32)");
    assertThat(left.isClosed()).isTrue();
  }

  /** 0.8 MB for each device: too much for one with a limit of 1 MB, and just right for two. */
  @Test
  void planIsHeldAgainstTheMemoryOfEachDevice() {
    BackendOptions limited = OPTIONS.withMemoryLimit(1_000_000);
    MemoryPlan spread =
        new MemoryPlan()
            .add("a", Precision.FLOAT64, 100, 1000)
            .onDevice(1)
            .add("a", Precision.FLOAT64, 100, 1000);
    // 1.6 MB, the least heap of 134.2 MB and Java itself, 115 MB
    assertThat(spread.describe()).contains("device 2 of 2: a").contains("250.8 MB");
    MemoryPlan together =
        new MemoryPlan()
            .onDevice(1)
            .add("a", Precision.FLOAT64, 100, 1000)
            .add("b", Precision.FLOAT64, 100, 1000);
    try (Backend two = Backends.open("cuda", limited.withDevices(List.of(0, 1)), line -> {})) {
      spread.requireFits(two, "lower it");
      assertThatThrownBy(() -> together.requireFits(two, "lower it"))
          .isInstanceOf(OutOfDeviceMemoryException.class)
          .hasMessageContaining("device 2 of 2: the computation needs 1.8 MB");
    }
  }
}
