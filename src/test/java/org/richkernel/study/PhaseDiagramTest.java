package org.richkernel.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.data.Datasets;
import org.richkernel.data.ZerosAndOnes;
import org.richkernel.network.NetworkSpec;
import org.richkernel.result.Result;
import org.richkernel.result.Summary;
import org.richkernel.solver.RunControl;

/** Adaptation of kernels to digits across the edge of chaos. */
class PhaseDiagramTest {
  private static final Datasets DIGITS = ZerosAndOnes.of(10);

  private static final double[] SWEEP = {0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8};

  private static PhaseDiagram diagram(int layers) {
    try (Backend backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), x -> {})) {
      return PhaseDiagram.of(NetworkSpec.of(layers, Activation.ERF).withBiasVariance(0.05), SWEEP)
          .on(DIGITS, new PhaseDiagram.Settings(1000, 10, 1000, 3), backend, RunControl.silent())
          .orElseThrow();
    }
  }

  private static Map<?, ?> peak(PhaseDiagram diagram) {
    return (Map<?, ?>) diagram.result(Map.of(), 3, 2).summary().details().get("largestAdaptation");
  }

  private static double number(Map<?, ?> row, String name) {
    return ((Number) row.get(name)).doubleValue();
  }

  /**
   * Deeper networks adapt more to the digits, by more than four standard errors, and closer to the
   * edge of chaos at 1.376; beyond the edge the adaptation falls.
   */
  @Test
  void adaptationToDigitsGrowsWithDepthTowardsTheEdge() {
    double before = 0;
    double error = 0;
    double place = 0;
    for (int layers : new int[] {4, 8, 32}) {
      PhaseDiagram diagram = diagram(layers);
      Map<?, ?> peak = peak(diagram);
      double largest = number(peak, "relativeChange");
      assertThat(largest)
          .isGreaterThan(before + 4 * Math.hypot(error, number(peak, "standardError")));
      assertThat(number(peak, "weightVariance")).isGreaterThan(place).isLessThanOrEqualTo(1.4);
      before = largest;
      error = number(peak, "standardError");
      place = number(peak, "weightVariance");
      double[] change = diagram.adaptation().orElseThrow().change();
      double beyond = change[SWEEP.length * layers - 1];
      assertThat(beyond).isLessThan(0.7 * largest);
    }
    assertThat(place).isGreaterThanOrEqualTo(1.2);
  }

  /**
   * With sources alike the angles of the digits turn most near the edge, never by the factor of
   * infinitely near points beyond it.
   */
  @Test
  void anglesOfDigitsGrowMostNearTheEdge() {
    int layers = 32;
    PhaseDiagram diagram = diagram(layers);
    Result result = diagram.result(Map.of(), 3, 2);
    double[] angular = result.array("growth_angular").orElseThrow().values();
    double[] near = result.array("growth_by_depth").orElseThrow().values();
    double[] distinct = result.array("growth_correlation").orElseThrow().values();
    int largest = 0;
    for (int i = 0; i < SWEEP.length; i++) {
      int end = (i + 1) * layers - 1;
      if (angular[end] > angular[(largest + 1) * layers - 1]) {
        largest = i;
      }
      assertThat(angular[i * layers]).isEqualTo(1);
      assertThat(distinct[end]).isLessThanOrEqualTo(layers);
      if (SWEEP[i] > 1.5) {
        assertThat(angular[end]).isLessThan(0.1 * near[end]);
      }
    }
    assertThat(SWEEP[largest]).isBetween(1.2, 1.6);

    Summary summary = result.summary();
    assertThat(summary.backend().orElseThrow().name()).isEqualTo("cpu");
    assertThat(summary.seed()).hasValue(3);
    assertThat(summary.monteCarlo().orElseThrow().samples()).isEqualTo(1000);
    assertThat(summary.peakBytes()).containsKeys("host", "device");
    assertThat(summary.seconds()).containsEntry("total", 3.0).containsEntry("io", 2.0);
  }
}
