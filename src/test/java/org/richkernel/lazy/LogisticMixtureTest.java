package org.richkernel.lazy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;

/**
 * tanh, the sigmoid and softplus at variances for which no series is practical, against quadratures
 * of other kinds.
 */
class LogisticMixtureTest {

  /**
   * Expected: the slope by the trapezoidal rule for int int sech^2 u sech^2 v N(u, v) with step
   * 0.05, the value by Price's theorem, 40 Gauss-Legendre nodes in the angle asin rho.
   */
  @ParameterizedTest
  @CsvSource({
    "64, 64, 0.5, 0.3286986835416468, 0.01129386384801097",
    "400, 64, -0.8, -0.5841387757711071, 0.006499193436949006",
    "1e4, 3e3, 0.3, 0.19393770092962234, 0.00012181864689004657",
    "3.5e6, 3.5e6, 0.9, 0.7128671048582256, 4.172868904008963e-07",
    "1e8, 70, -0.99, -0.8875170566010715, 4.3499792981528956e-05",
    "2000, 0.5, 0.7, 0.2985820078974192, 0.014697288121734691"
  })
  void pairsMatchTheTrapezoidalRule(double a, double b, double rho, double value, double slope) {
    double c = rho * Math.sqrt(a * b);
    LogisticMixture.Moments pair = LogisticMixture.pair(a, c, b);
    assertThat(pair.value()).isCloseTo(value, within(1e-12));
    assertThat(pair.slope()).isCloseTo(slope, within(1e-12 * slope));
    assertThat(LogisticMixture.pair(b, c, a).value()).isCloseTo(pair.value(), within(1e-14));
    assertThat(LogisticMixture.pair(a, -c, b).value()).isCloseTo(-value, within(1e-12));
  }

  /** Expected: integrals over one variable in 30 digits. */
  @ParameterizedTest
  @CsvSource({
    "70, 0.905188017631932225, 0.0634311272568099818, 6.6941703429439488e-4,"
        + " 0.0948119823680677753",
    "1e4, 0.992021482480513043, 0.00531914464401462214, 3.9889306995302691e-7,"
        + " 0.0079785175194869567",
    "3.5e6, 0.999573512812864383, 2.84324811732653365e-4, 6.09267267021689275e-11,"
        + " 4.26487187135616696e-4",
    "1e12, 0.999999202115439197, 5.31923040535157807e-7, 3.98942280400940503e-19,"
        + " 7.97884560802537239e-7"
  })
  void momentsOfOneVariableMatchThirtyDigits(
      double a, double value, double slope, double growth, double gain) {
    ActivationMoments moments = new ActivationMoments(Activation.TANH, a);
    assertThat(moments.value(a)).isCloseTo(value, within(1e-13));
    assertThat(moments.slope(a)).isCloseTo(slope, within(1e-12 * slope));
    assertThat(moments.growth(a)).isCloseTo(growth, within(1e-12 * growth));
    assertThat(LogisticMixture.gain(a)).isCloseTo(gain, within(1e-12 * gain));
  }

  /** d/da F(a, a, a) = dF/dc + 2 dF/da; the terms cancel, so that the absolute error counts. */
  @Test
  void theCurvatureIsThatOfTheDiagonal() {
    LogisticMixture.Moments pair = LogisticMixture.pair(70, 70, 70);
    assertThat(pair.slope() + 2 * pair.rowCurvature())
        .isCloseTo(6.6941703429439488e-4, within(1e-14));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 0.5",
    "0.1, 1.7, -0.3",
    "60, 60, 0.999999",
    "64, 0.01, -0.9",
    "30, 64, 1",
    "0, 2, 0"
  })
  void theSeriesAndTheMixtureAreOneFunctionWhereBothExist(double a, double b, double rho) {
    HermiteSeries series = HermiteSeries.upTo(Activation.TANH, Math.max(a, b), 1);
    double[] first = new double[series.degree() + 1];
    double[] second = new double[series.degree() + 1];
    series.coefficients(a, first, 0);
    series.coefficients(b, second, 0);
    double value = 0;
    double slope = 0;
    for (int n = series.degree(); n >= 1; n--) {
      value += first[n] * second[n] * Math.pow(rho, n);
      slope += n * first[n] * second[n] * Math.pow(rho, n - 1);
    }
    slope /= Math.sqrt(HermiteSeries.floor(a) * HermiteSeries.floor(b));
    LogisticMixture.Moments pair = LogisticMixture.pair(a, rho * Math.sqrt(a * b), b);
    assertThat(pair.value()).isCloseTo(value, within(2e-12));
    assertThat(pair.slope()).isCloseTo(slope, within(2e-12));
  }

  /**
   * Sigmoid and softplus by their own Hermite series, which know nothing of mixtures, on matrices
   * of the backend.
   */
  @ParameterizedTest
  @Activations({"tanh", "sigmoid", "softplus"})
  void matricesOfTheSeriesAndOfTheMixtureAreEqual(Activation f) {
    double[] variance = {0.3, 1, 4, 20, 60};
    double[] covariance = new double[25];
    for (int i = 0; i < 5; i++) {
      for (int j = 0; j < 5; j++) {
        double rho = i == j ? 1 : Math.sin(3.0 * i + 3.0 * j);
        covariance[5 * i + j] = rho * Math.sqrt(variance[i] * variance[j]);
      }
    }
    double[] largest = {60};
    double[][] series = dual(new SeriesDual(f, largest, 1), variance, covariance);
    double[][] mixture = dual(new MixtureDual(f, 1), variance, covariance);
    assertThat(mixture[0]).containsExactly(series[0], within(1e-11 * series[0][24]));
    assertThat(mixture[1]).containsExactly(series[1], within(1e-11));
    ActivationMoments moments = new ActivationMoments(f, 60);
    for (int i = 0; i < 5; i++) {
      double a = variance[i];
      double scale = Math.max(1, a);
      assertThat(moments.value(a)).isCloseTo(series[0][6 * i], within(1e-11 * scale));
      assertThat(LogisticMixture.secondMoment(f, a))
          .isCloseTo(moments.value(a), within(1e-12 * scale));
      assertThat(moments.slope(a)).isCloseTo(series[1][6 * i], within(1e-11));
      assertThat(LogisticMixture.slopeMoment(f, a)).isCloseTo(moments.slope(a), within(1e-12));
      assertThat(LogisticMixture.momentGrowth(f, a)).isCloseTo(moments.growth(a), within(1e-12));
    }
  }

  /**
   * Sums over a grid of both fields, which converge like exp(-2 pi^2 / step): poles lie pi away
   * from the axis.
   */
  @ParameterizedTest
  @Activations({"tanh", "sigmoid", "softplus"})
  void largeVariancesMatchTheTrapezoidalRule(Activation f) {
    double[] variance = {300, 400, 900, 5, 20};
    double[] correlation = {0.5, -0.8, 0.3, 0.7};
    double[] covariance = new double[25];
    for (int i = 0; i < 5; i++) {
      covariance[6 * i] = variance[i];
    }
    for (int i = 0; i < 4; i++) {
      double c = correlation[i] * Math.sqrt(variance[i] * variance[i + 1]);
      covariance[6 * i + 1] = c;
      covariance[6 * i + 5] = c;
    }
    double[][] mixture = dual(new MixtureDual(f, 1), variance, covariance);
    for (int i = 0; i < 4; i++) {
      double a = variance[i];
      double b = variance[i + 1];
      double[] sums = trapezoidal(f, a, covariance[6 * i + 1], b);
      assertThat(mixture[0][6 * i + 1]).isCloseTo(sums[0], within(1e-11 * Math.max(a, b)));
      assertThat(mixture[1][6 * i + 1]).isCloseTo(sums[1], within(1e-11));
    }
  }

  /** E f(u) f(v) and E f'(u) f'(v). */
  private static double[] trapezoidal(Activation f, double a, double c, double b) {
    double step = 0.3;
    double determinant = a * b - c * c;
    int rows = (int) (9 * Math.sqrt(a) / step);
    int columns = (int) (9 * Math.sqrt(b) / step);
    double[] sums = new double[2];
    for (int i = -rows; i <= rows; i++) {
      double u = i * step;
      double value = 0;
      double slope = 0;
      for (int j = -columns; j <= columns; j++) {
        double v = j * step;
        double form = (b * u * u - 2 * c * u * v + a * v * v) / determinant;
        double weight = Math.exp(-0.5 * form);
        value += weight * f.value(v);
        slope += weight * f.derivative(v);
      }
      sums[0] += f.value(u) * value;
      sums[1] += f.derivative(u) * slope;
    }
    double norm = step * step / (2 * Math.PI * Math.sqrt(determinant));
    return new double[] {norm * sums[0], norm * sums[1]};
  }

  private static double[][] dual(DualMap map, double[] variance, double[] covariance) {
    MemoryPlan plan = new MemoryPlan();
    map.planTrain(plan, layer -> 5);
    map.planPanel(plan, 5);
    plan.add("covariance", Precision.FLOAT64, 5, 5).add("slope", Precision.FLOAT64, 5, 5);
    try (Backend backend = Backends.cpu();
        Workspace memory = new Workspace(backend, plan)) {
      map.uploadTrain(backend, memory, 1, variance);
      Matrix value = memory.get("covariance");
      Matrix slope = memory.get("slope");
      backend.upload(covariance, value);
      map.trainTrain(backend, memory, 1, 0, value, slope);
      double[][] both = new double[2][25];
      backend.download(value, both[0]);
      backend.download(slope, both[1]);
      return both;
    }
  }

  @Test
  void theDensityIsOneAndBothItsSeriesAgree() {
    double sum = 0;
    for (int i = 0; i < LogisticMixture.nodes(); i++) {
      for (int j = 0; j < LogisticMixture.nodes(); j++) {
        sum += LogisticMixture.weight(i, j);
      }
    }
    assertThat(sum).isCloseTo(1, within(1e-13));
    assertThat(LogisticMixture.density(Math.nextDown(0.9)))
        .isCloseTo(LogisticMixture.density(0.9), within(1e-14));
  }

  /** Phi -> (2 / pi) asin(rho) as the variances grow; theory of sign activations. */
  @ParameterizedTest
  @ValueSource(doubles = {10, 1e3, 1e8, 1e60})
  void kernelsOfLargeInputsAreThoseOfPairsAndTendToTheArcSine(double size) {
    double[] x = {1, -0.5, 0.3, 2, 1.5, -0.7, -1, 0.2, 0.9, 0.1, 0.1, -0.4};
    double[] large = java.util.Arrays.stream(x).map(v -> size * v).toArray();
    Inputs inputs = Inputs.of(large, 4, 3);
    try (Backend backend = Backends.cpu()) {
      double[] phi =
          new LazyKernel(NetworkSpec.of(1, Activation.TANH), KernelKind.NNGP)
              .gram(backend, inputs)
              .readout();
      double[] cross =
          new LazyKernel(NetworkSpec.of(1, Activation.TANH), KernelKind.NNGP)
              .cross(backend, inputs, inputs);
      for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
          double c = 0;
          for (int d = 0; d < 3; d++) {
            c += large[3 * i + d] * large[3 * j + d] / 3;
          }
          double a = inputs.meanSquare(i);
          double b = inputs.meanSquare(j);
          // the arc-sine has a square-root cusp where c = a, so that c is not summed anew there
          double pair = LogisticMixture.pair(a, i == j ? a : c, b).value();
          double tolerance = i == j ? 1e-7 : 1e-12;
          assertThat(cross[4 * i + j]).isCloseTo(pair, within(tolerance));
          assertThat(phi[4 * i + j]).isCloseTo(pair, within(1e-12));
          if (i != j) {
            double limit = 2 / Math.PI * Math.asin(c / Math.sqrt(a) / Math.sqrt(b));
            assertThat(phi[4 * i + j])
                .isCloseTo(limit, within(Math.max(1e-14, 20 / (size * size))));
          }
        }
      }
    }
  }

  /** More rows than a block; layers of both kinds; training rows and panels alike. */
  @ParameterizedTest
  @EnumSource(KernelKind.class)
  void deepKernelsOfManyPointsAgreeWithARecursionOverPairs(KernelKind kind) {
    int points = 70;
    double[] x = new java.util.Random(5).doubles(points * 2L, -60, 60).toArray();
    Inputs inputs = Inputs.of(x, points, 2);
    NetworkSpec network = NetworkSpec.of(2, Activation.TANH).withBiasVariance(0.3);
    try (Backend backend = Backends.cpu()) {
      double[] gram = new LazyKernel(network, kind).gram(backend, inputs).readout();
      double[] cross = new LazyKernel(network, kind).cross(backend, inputs, inputs);
      for (int i = 0; i < points; i += 3) {
        for (int j = 0; j < i; j++) {
          double c = (x[2 * i] * x[2 * j] + x[2 * i + 1] * x[2 * j + 1]) / 2 + 0.3;
          double a = inputs.meanSquare(i) + 0.3;
          double b = inputs.meanSquare(j) + 0.3;
          double theta = c;
          for (int l = 1; l <= 2; l++) {
            LogisticMixture.Moments pair = LogisticMixture.pair(a, c, b);
            double bias = l == 1 ? 0.3 : 0;
            theta = pair.value() + bias + theta * pair.slope();
            c = pair.value() + bias;
            a = LogisticMixture.pair(a, a, a).value() + bias;
            b = LogisticMixture.pair(b, b, b).value() + bias;
          }
          double expected = kind == KernelKind.NNGP ? c : theta;
          double tolerance = 1e-11 * Math.max(1, Math.abs(expected));
          assertThat(gram[i * points + j]).isCloseTo(expected, within(tolerance));
          assertThat(cross[i * points + j]).isCloseTo(expected, within(tolerance));
        }
      }
    }
  }

  @ParameterizedTest
  @Activations
  void variancesWhoseProductsOverflowAreRefusedByRow(Activation activation) {
    Inputs inputs = Inputs.of(new double[] {1, 1, 1e80, 1}, 2, 2);
    try (Backend backend = Backends.cpu()) {
      LazyKernel kernel = new LazyKernel(NetworkSpec.of(1, activation), KernelKind.NTK);
      assertThatThrownBy(() -> kernel.gram(backend, inputs))
          .isInstanceOf(InvalidProblemException.class)
          .hasMessageContaining("kernel of layer 1 in row 2 of the inputs")
          .hasMessageContaining("standardize");
    }
  }
}
