package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendContract;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;

@OnEmulatedDevice
class CudaBackendTest extends BackendContract {
  @Override
  protected Backend open(BackendOptions options) {
    return new CudaBackendProvider(FieldPrecision.FP32).open(options);
  }

  /** Out of bounds, uninitialised and misaligned accesses, races at barriers, wrong strides. */
  @AfterEach
  void deviceSawNoWrongAccess() {
    assertThat(EmulatedDevice.lastReport()).isEmpty();
    assertThat(EmulatedDevice.counter("violations")).isZero();
  }

  @Test
  void closingLeavesNothingOnTheDevice() {
    Backend other = open(BackendOptions.defaults());
    long shared = EmulatedDevice.counter("liveAllocations");
    try (Matrix x = other.allocate(Precision.FLOAT32, 3000, 10, "x");
        Matrix c = other.allocate(Precision.FLOAT64, 10, 10, "c")) {
      other.fillGaussian(1, 2, 3, x);
      other.gram(1, x, 0, c);
      other.cholesky(c);
      other.logDeterminant(c);
      assertThat(EmulatedDevice.counter("liveAllocations")).isGreaterThan(shared);
    }
    other.close();
    assertThat(other.allocatedBytes()).isZero();
    assertThat(other.openMatrices()).isZero();
    backend().close();
    for (String kind :
        new String[] {"liveAllocations", "contexts", "streams", "events", "modules"}) {
      assertThat(EmulatedDevice.counter(kind)).as(kind).isZero();
    }
    assertThat(EmulatedDevice.leaks()).isZero();
  }
}
