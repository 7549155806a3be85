package org.richkernel.bayes.critical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.apache.commons.math3.analysis.UnivariateFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.network.InvalidProblemException;

/** Fixed points, response functions and the edge of chaos. */
class ResponseFunctionsTest {
  /** Critical weight variances, fixed points and chi_par, made with 200-point Gauss-Hermite. */
  @ParameterizedTest
  @CsvSource({
    "TANH, 0.01, 1.424205, 0.273301, 0.678191",
    "TANH, 0.05, 1.760955, 0.570048, 0.518186",
    "TANH, 0.1,  1.986073, 0.805799, 0.439453",
    "TANH, 0.3,  2.505127, 1.461169, 0.312085",
    "TANH, 1.0,  3.443211, 3.036397, 0.186371",
    "ERF,  0.01, 1.114280, 0.253210, 0.663826",
    "ERF,  0.05, 1.375839, 0.517177, 0.491557",
    "ERF,  0.1,  1.552118, 0.726359, 0.407711",
    "ERF,  0.3,  1.963071, 1.311824, 0.275965",
    "ERF,  1.0,  2.718381, 2.744891, 0.154088"
  })
  void edgeOfChaosMatchesTheTable(
      Activation activation, double bias, double critical, double fixedPoint, double parallel) {
    double g = EdgeOfChaos.criticalWeightVariance(activation, bias);
    assertThat(g).isCloseTo(critical, within(5.1e-7));
    ResponseFunctions response = ResponseFunctions.of(activation, g, bias);
    assertThat(response.perpendicular()).isCloseTo(1, within(1e-9));
    assertThat(response.fixedPoint()).isCloseTo(fixedPoint, within(1e-6));
    assertThat(response.parallel()).isCloseTo(parallel, within(1e-6));
  }

  @Test
  void withoutBiasesTheEdgeIsTheInverseSquareOfTheSlopeAtZero() {
    assertThat(EdgeOfChaos.criticalWeightVariance(Activation.TANH, 0)).isEqualTo(1);
    assertThat(EdgeOfChaos.criticalWeightVariance(Activation.ERF, 0)).isEqualTo(Math.PI / 4);
    assertThat(EdgeOfChaos.criticalWeightVariance(Activation.RELU, 0)).isEqualTo(2);
    assertThat(EdgeOfChaos.criticalWeightVariance(Activation.LINEAR, 0.3)).isEqualTo(1);
  }

  /** E F(h) for h ~ N(0, q) by the trapezoidal rule on ten standard deviations. */
  private static double average(double q, UnivariateFunction f) {
    double step = 0.01;
    double sum = 0;
    for (int i = -1000; i <= 1000; i++) {
      double z = i * step;
      sum += step * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) * f.value(Math.sqrt(q) * z);
    }
    return sum;
  }

  @ParameterizedTest
  @CsvSource({"TANH, 0.8, 0.05", "TANH, 3, 0", "ERF, 1.2, 0.05", "ERF, 2.5, 0", "TANH, 1.2, 0.4"})
  void fixedPointAndResponsesSatisfyTheirDefinitions(Activation f, double g, double bias) {
    ResponseFunctions response = ResponseFunctions.of(f, g, bias);
    double q = response.fixedPoint();
    assertThat(q).isPositive();
    assertThat(bias + g * average(q, h -> f.value(h) * f.value(h))).isCloseTo(q, within(1e-9));
    assertThat(g * average(q, h -> f.derivative(h) * f.derivative(h)))
        .isCloseTo(response.perpendicular(), within(1e-9));
    // chi_par is the slope of the variance map: central differences
    double d = 1e-4;
    double up = average(q + d, h -> f.value(h) * f.value(h));
    double down = average(q - d, h -> f.value(h) * f.value(h));
    assertThat(g * (up - down) / (2 * d)).isCloseTo(response.parallel(), within(1e-6));
  }

  /**
   * A perturbation of the fixed point of erf layers, in closed form: length and angle relax by
   * chi_par and chi_perp per layer.
   */
  @ParameterizedTest
  @CsvSource({
    "0.8, 0.76377, 0.54976",
    "1.2, 0.94475, 0.52262",
    "1.375839, 1.00000, 0.49156",
    "1.6, 1.06083, 0.45259"
  })
  void perturbationsOfTheFixedPointRelaxAtThePredictedRates(
      double g, double perpendicular, double parallel) {
    double bias = 0.05;
    ResponseFunctions response = ResponseFunctions.of(Activation.ERF, g, bias);
    assertThat(response.perpendicular()).isCloseTo(perpendicular, within(5.1e-6));
    assertThat(response.parallel()).isCloseTo(parallel, within(5.1e-6));
    double q = response.fixedPoint();
    double e = 1e-7;
    double covariance = bias + g * 2 / Math.PI * Math.asin(2 * (q - e) / (1 + 2 * q));
    assertThat((q - covariance) / e).isCloseTo(perpendicular, within(2e-5));
    double length = bias + g * 2 / Math.PI * Math.asin(2 * (q + e) / (1 + 2 * (q + e)));
    assertThat((length - q) / e).isCloseTo(parallel, within(2e-5));
  }

  @Test
  void belowTheOnsetWithoutBiasesTheFixedPointIsZero() {
    ResponseFunctions response = ResponseFunctions.of(Activation.TANH, 0.7, 0);
    assertThat(response.fixedPoint()).isZero();
    assertThat(response.perpendicular()).isEqualTo(0.7, within(1e-12));
    assertThat(response.parallel()).isEqualTo(0.7, within(1e-12));
    assertThat(response.perpendicularDepth()).isCloseTo(-1 / Math.log(0.7), within(1e-9));
  }

  @Test
  void reluVarianceGrowsWithoutBoundFromTwoOn() {
    ResponseFunctions response = ResponseFunctions.of(Activation.RELU, 1.5, 0.1);
    // q = g_b + g q / 2
    assertThat(response.fixedPoint()).isCloseTo(0.4, within(1e-12));
    assertThat(response.perpendicular()).isEqualTo(0.75);
    assertThat(response.parallel()).isEqualTo(0.75);
    assertThatThrownBy(() -> ResponseFunctions.of(Activation.RELU, 2, 0.1))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("weight-variance is 2.0")
        .hasMessageContaining("no stable fixed point");
  }

  /** Factors of L = 32 layers: 2.40 (g = .8), 9.06 (1.2), 32 (critical), 341 (1.6). */
  @ParameterizedTest
  @CsvSource({"0.8, 2.40", "1.2, 9.06", "1.375839, 32", "1.6, 341"})
  void adaptationOfDeepNetworksGrowsWithTheResponse(double g, double factor) {
    ResponseFunctions response = ResponseFunctions.of(Activation.ERF, g, 0.05);
    assertThat(response.adaptationGrowth(32)).isCloseTo(factor, within(0.005 * factor));
  }

  @ParameterizedTest
  @Activations
  void badVariancesAreRefused(Activation activation) {
    assertThatThrownBy(() -> ResponseFunctions.of(activation, 0, 0.1))
        .hasMessageContaining("weight-variance");
    assertThatThrownBy(() -> ResponseFunctions.of(activation, 0.5, -1))
        .hasMessageContaining("bias-variance");
    assertThatThrownBy(() -> EdgeOfChaos.criticalWeightVariance(activation, Double.NaN))
        .hasMessageContaining("bias-variance");
  }
}
