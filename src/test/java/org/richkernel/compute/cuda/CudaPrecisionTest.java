package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import jcuda.jcublas.cublasMath;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.BackendOptions;
import org.richkernel.emulator.OnEmulatedDevice;

@OnEmulatedDevice
class CudaPrecisionTest {
  private static int mathMode(FieldPrecision precision) {
    try (CudaBackend backend =
            (CudaBackend)
                new CudaBackendProvider(FieldPrecision.FP32).open(BackendOptions.defaults());
        Products products = new Products(backend.session(), null, null, precision)) {
      return products.mathMode();
    }
  }

  @Test
  void tensorCoresRoundFactorsOnlyWhereAskedFor() {
    assertThat(mathMode(FieldPrecision.FP32)).isEqualTo(cublasMath.CUBLAS_DEFAULT_MATH);
    assertThat(mathMode(FieldPrecision.TF32)).isEqualTo(cublasMath.CUBLAS_TF32_TENSOR_OP_MATH);
  }
}
