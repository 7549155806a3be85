package org.richkernel.lazy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.apache.commons.math3.analysis.integration.IterativeLegendreGaussIntegrator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;
import org.richkernel.network.InvalidProblemException;

class HermiteSeriesTest {

  @ParameterizedTest
  @CsvSource({
    "1, 1, 0.5",
    "0.1, 1.7, -0.3",
    "4, 2, 0.9",
    "6, 6, 0.999999",
    "3, 0.01, -0.99999",
    "2, 2, 0"
  })
  void tanhSeriesMatchesTwoDimensionalQuadrature(double a, double b, double rho) {
    HermiteSeries series = HermiteSeries.upTo(Activation.TANH, Math.max(a, b), 1);

    assertThat(value(series, a, b, rho))
        .isCloseTo(GaussianPair.smooth(Math::tanh, a, b, rho), within(1e-11));
    assertThat(slope(series, a, b, rho))
        .isCloseTo(GaussianPair.smooth(Activation.TANH::derivative, a, b, rho), within(1e-10));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 0.5",
    "0.1, 1.7, -0.3",
    "4, 20, 0.9",
    "60, 60, 0.999999999",
    "60, 0.01, -1",
    "2, 2, 1"
  })
  void erfSeriesMatchesItsArcSineForm(double a, double b, double rho) {
    HermiteSeries series = HermiteSeries.upTo(Activation.ERF, Math.max(a, b), 1);
    double covariance = rho * Math.sqrt(a * b);
    double norm = Math.sqrt((1 + 2 * a) * (1 + 2 * b));
    double determinant = (1 + 2 * a) * (1 + 2 * b) - 4 * covariance * covariance;

    assertThat(value(series, a, b, rho))
        .isCloseTo(2 / Math.PI * Math.asin(2 * covariance / norm), within(2e-12));
    double expected = 4 / Math.PI / Math.sqrt(determinant);
    assertThat(slope(series, a, b, rho)).isCloseTo(expected, within(2e-12 * Math.max(1, expected)));
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-8, 0.3, 1, 10, 60})
  void tanhDiagonalMatchesAdaptiveIntegration(double a) {
    HermiteSeries series = HermiteSeries.upTo(Activation.TANH, a, 1);
    double exact = normalExpectation(a, false);
    double exactSlope = normalExpectation(a, true);

    assertThat(value(series, a, a, 1)).isCloseTo(exact, within(3e-12 * exact));
    assertThat(slope(series, a, a, 1)).isCloseTo(exactSlope, within(3e-12 * exactSlope));
    assertThat(series.tail()).isLessThan(HermiteSeries.TOLERANCE);
    ActivationMoments moments = new ActivationMoments(Activation.TANH, a);
    assertThat(moments.value(a)).isCloseTo(exact, within(1e-13 * Math.max(exact, 1e-3)));
    assertThat(moments.slope(a)).isCloseTo(exactSlope, within(1e-13));
  }

  @Test
  void everyCoefficientOfErfFollowsFromItsDerivativeAtUnitVariance() {
    // E[f f] = sum_n c_n^2 rho^n must be the Taylor series of (2/pi) asin(2 rho / 3)
    HermiteSeries series = HermiteSeries.upTo(Activation.ERF, 1, 1);
    double[] c = new double[series.degree() + 1];
    series.coefficients(1, c, 0);
    double asinTerm = 2.0 / 3;
    for (int n = 1; n + 2 <= series.degree(); n += 2) {
      assertThat(c[n] * c[n]).isCloseTo(2 / Math.PI * asinTerm, within(1e-15));
      assertThat(c[n - 1]).isZero();
      asinTerm *= 4.0 / 9 * n * n / ((n + 1.0) * (n + 2.0));
    }
  }

  @Test
  void seriesForALargeVarianceServesSmallOnesToo() {
    HermiteSeries wide = HermiteSeries.upTo(Activation.TANH, 50, 1);
    HermiteSeries narrow = HermiteSeries.upTo(Activation.TANH, 0.5, 1);

    assertThat(narrow.degree()).isLessThan(120);
    assertThat(wide.degree()).isGreaterThan(narrow.degree());
    assertThat(value(wide, 0.5, 0.2, 0.7)).isCloseTo(value(narrow, 0.5, 0.2, 0.7), within(1e-14));
    assertThat(value(wide, 0.5, 50, 0.7))
        .isCloseTo(GaussianPair.smooth(Math::tanh, 0.5, 50, 0.7), within(1e-9));
  }

  @Test
  void zeroVarianceGivesTheSlopeAtTheOrigin() {
    HermiteSeries series = HermiteSeries.upTo(Activation.TANH, 2, 1);
    double meanSlope = GaussianPair.smooth(Activation.TANH::derivative, 2, 0, 0);

    assertThat(value(series, 0, 2, 0)).isZero();
    assertThat(value(series, 0, 0, 0)).isZero();
    assertThat(slope(series, 0, 2, 0)).isCloseTo(meanSlope, within(1e-12));
    assertThat(slope(series, 0, 0, 0)).isCloseTo(1, within(1e-12));
    HermiteSeries onlyZero = HermiteSeries.upTo(Activation.TANH, 0, 1);
    assertThat(slope(onlyZero, 0, 0, 0)).isCloseTo(1, within(1e-12));
  }

  @Test
  void varianceBeyondTheReachOfTheSeriesIsRefusedWithTheLayer() {
    assertThatThrownBy(() -> HermiteSeries.upTo(Activation.TANH, 1e4, 3))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("layer 3")
        .hasMessageContaining("lower the weight variance");
  }

  private static double value(HermiteSeries series, double a, double b, double rho) {
    double[][] c = pair(series, a, b);
    double sum = 0;
    for (int n = series.degree(); n >= 0; n--) {
      sum = sum * rho + c[0][n] * c[1][n];
    }
    return sum;
  }

  private static double slope(HermiteSeries series, double a, double b, double rho) {
    double[][] c = pair(series, a, b);
    double sum = 0;
    for (int n = series.degree(); n >= 1; n--) {
      sum = sum * rho + n * c[0][n] * c[1][n];
    }
    return sum / Math.sqrt(HermiteSeries.floor(a)) / Math.sqrt(HermiteSeries.floor(b));
  }

  private static double[][] pair(HermiteSeries series, double a, double b) {
    double[][] c = new double[2][series.degree() + 1];
    series.coefficients(a, c[0], 0);
    series.coefficients(b, c[1], 0);
    return c;
  }

  private static double normalExpectation(double a, boolean slope) {
    double sum = 0;
    double deviation = Math.sqrt(a);
    // pieces, so that the rule sees the steep part at the origin
    double[] cuts = {0, 0.1, 0.5, 1, 2, 4, 7, 11};
    for (int i = 1; i < cuts.length; i++) {
      sum +=
          new IterativeLegendreGaussIntegrator(24, 1e-13, 1e-17)
              .integrate(
                  100_000,
                  z -> {
                    double t = Math.tanh(deviation * z);
                    double g = slope ? (1 - t * t) * (1 - t * t) : t * t;
                    return g * Math.exp(-z * z / 2);
                  },
                  cuts[i - 1],
                  cuts[i]);
    }
    return 2 * sum / Math.sqrt(2 * Math.PI);
  }
}
