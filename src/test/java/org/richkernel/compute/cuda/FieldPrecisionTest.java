package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class FieldPrecisionTest {
  @Test
  void plainFloat32UnlessTf32IsNamed() {
    assertThat(FieldPrecision.named(null)).isEqualTo(FieldPrecision.FP32);
    assertThat(FieldPrecision.named("")).isEqualTo(FieldPrecision.FP32);
    assertThat(FieldPrecision.named("fp32")).isEqualTo(FieldPrecision.FP32);
    assertThat(FieldPrecision.named("tf32")).isEqualTo(FieldPrecision.TF32);
  }

  @Test
  void otherNamesAreRefusedWithTheAllowedOnes() {
    assertThatThrownBy(() -> FieldPrecision.named("half"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("RICHKERNEL_CUDA_PRECISION must be fp32 or tf32, not half");
  }
}
