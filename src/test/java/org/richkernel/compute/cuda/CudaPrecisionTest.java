package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import jcuda.jcublas.cublasMath;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.FieldPrecision;
import org.richkernel.emulator.OnEmulatedDevice;

@OnEmulatedDevice
class CudaPrecisionTest {
  private static int mathMode(BackendOptions options) {
    try (CudaBackend backend = (CudaBackend) Backends.open("cuda", options, line -> {})) {
      return backend.mathMode();
    }
  }

  @Test
  void tensorCoresRoundFactorsOnlyWhereAskedFor() {
    BackendOptions plain = BackendOptions.defaults();
    assertThat(mathMode(plain)).isEqualTo(cublasMath.CUBLAS_DEFAULT_MATH);
    assertThat(mathMode(plain.withPrecision(FieldPrecision.TF32)))
        .isEqualTo(cublasMath.CUBLAS_TF32_TENSOR_OP_MATH);
  }
}
