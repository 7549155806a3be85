package org.richkernel.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.richkernel.network.Targets;

class KernelMetricsTest {

  @Test
  void metricsMatchHandComputation() {
    KernelMetrics metrics =
        KernelMetrics.of(new double[] {2, 1, 1, 3}, Targets.of(new double[] {1, -1}));

    // y'Phi y = 2 - 2 + 3, |Phi|^2 = 4 + 1 + 1 + 9, |y|^2 = 2
    assertThat(metrics.alignment()).isCloseTo(3 / (Math.sqrt(15) * 2), within(1e-15));
    assertThat(metrics.trace()).isEqualTo(2.5);
    assertThat(metrics.frobenius()).isCloseTo(Math.sqrt(15), within(1e-15));
  }

  @Test
  void severalOutputsAddTheirQuadraticForms() {
    double[] kernel = {2, 1, 1, 3};
    KernelMetrics both = KernelMetrics.of(kernel, Targets.of(new double[] {1, 0.5, -1, 2}, 2, 2));

    // columns (1, -1) and (0.5, 2): 3 + (0.5 + 2 + 12), |Y|^2 = 2 + 4.25
    assertThat(both.alignment()).isCloseTo(17.5 / (Math.sqrt(15) * 6.25), within(1e-15));
  }

  @Test
  void kernelThatIsTheTargetsOuterProductIsFullyAligned() {
    double[] y = {1, -2, 0.5};
    double[] kernel = new double[9];
    for (int i = 0; i < 9; i++) {
      kernel[i] = y[i / 3] * y[i % 3];
    }
    assertThat(KernelMetrics.of(kernel, Targets.of(y)).alignment()).isCloseTo(1, within(1e-14));
  }

  @Test
  void vanishingKernelHasNoAlignmentRatherThanNaN() {
    KernelMetrics metrics = KernelMetrics.of(new double[4], Targets.of(new double[] {1, 1}));

    assertThat(metrics).isEqualTo(new KernelMetrics(0, 0, 0));
  }

  @Test
  void kernelOfAnotherSizeIsRefused() {
    assertThatThrownBy(() -> KernelMetrics.of(new double[5], Targets.of(new double[] {1, 1})))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 targets");
  }
}
