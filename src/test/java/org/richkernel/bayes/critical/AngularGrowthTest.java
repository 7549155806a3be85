package org.richkernel.bayes.critical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.apache.commons.math3.special.Erf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.network.Targets;

/** How perturbations add up over deep layers, with the propagators of real kernels. */
class AngularGrowthTest {
  private static final double BIAS = 0.05;

  private static FiniteWidthProblem problem(
      Activation activation, double g, double bias, int layers, double[] c, Targets targets) {
    double[] weight = new double[layers];
    double[] biases = new double[layers];
    Arrays.fill(weight, g);
    Arrays.fill(biases, bias);
    return new FiniteWidthProblem(activation, weight, biases, 100, 1, 0.1, c, targets);
  }

  /** Covariance of points at the fixed point of the variance, with given correlations. */
  private static double[] atFixedPoint(double q, double... correlations) {
    int points = (int) Math.round((1 + Math.sqrt(1 + 8.0 * correlations.length)) / 2);
    double[] c = new double[points * points];
    int next = 0;
    for (int i = 0; i < points; i++) {
      c[i * points + i] = q;
      for (int j = 0; j < i; j++) {
        c[i * points + j] = q * correlations[next];
        c[j * points + i] = q * correlations[next++];
      }
    }
    return c;
  }

  /**
   * Factors of 32 layers: 2.40, 9.06, 32 and 341, from the propagators at the kernels of points
   * that are 1e-6 apart at the fixed point. No pair is like another, so that a source of one pair
   * that leaked into others would show.
   */
  @ParameterizedTest
  @CsvSource({"0.8, 2.40", "1.2, 9.06", "1.375839, 32", "1.6, 341"})
  void anglesOfNearbyPointsGrowAsTheSeriesOfChiPerp(double g, double factor) {
    ResponseFunctions response = ResponseFunctions.of(Activation.ERF, g, BIAS);
    double[] c = atFixedPoint(response.fixedPoint(), 1 - 1e-6, 1 - 3e-6, 1 - 2e-6);
    double[] growth =
        AngularGrowth.of(
            problem(Activation.ERF, g, BIAS, 32, c, Targets.of(new double[] {1, -1, 1})));
    assertThat(growth[0]).isEqualTo(1);
    assertThat(growth[31]).isCloseTo(factor, within(0.005 * factor));
    for (int l = 1; l <= 32; l++) {
      double series = response.adaptationGrowth(l);
      assertThat(growth[l - 1]).isCloseTo(series, within(2e-3 * series));
    }
  }

  /** Where covariances end, by going up through layers one by one. */
  @ParameterizedTest
  @CsvSource({"ERF, 1.0, 0.05", "ERF, 1.6, 0.05", "ERF, 2.5, 0", "TANH, 1.9, 0.05", "TANH, 3, 0.2"})
  void covariancesOfDistinctPointsEndAtTheirFixedPoint(Activation activation, double g, double b) {
    ResponseFunctions response = ResponseFunctions.of(activation, g, b);
    CorrelationFixedPoint end = CorrelationFixedPoint.of(response);
    double q = response.fixedPoint();
    PairMoments pair = PairMoments.of(activation, new double[] {q, q});
    double c = 0.5 * q;
    double before = c;
    for (int l = 0; l < 2000; l++) {
      pair.evaluate(0, 1, c);
      if (Math.abs(c - end.covariance()) > 1e-6) {
        before = c;
      }
      c = b + g * pair.value();
    }
    assertThat(c).isCloseTo(end.covariance(), within(1e-9));
    // the rate of the last steps that are above rounding
    pair.evaluate(0, 1, before);
    double next = b + g * pair.value();
    double rate = (next - end.covariance()) / (before - end.covariance());
    assertThat(rate).isCloseTo(end.response(), within(1e-5));
    assertThat(end.response()).isLessThan(1);
    if (response.perpendicular() < 1) {
      assertThat(end.correlation()).isEqualTo(1);
      assertThat(end.depth()).isEqualTo(response.perpendicularDepth());
    } else {
      assertThat(end.correlation()).isLessThan(1);
      assertThat(end.depth()).isFinite();
    }
  }

  /** The depth scale of distinct points diverges at the edge of chaos from both sides. */
  @Test
  void distinctPointsAreCriticalAtTheEdgeOnly() {
    double edge = EdgeOfChaos.criticalWeightVariance(Activation.ERF, BIAS);
    for (double side : new double[] {-1, 1}) {
      double before = 0;
      for (double distance : new double[] {0.3, 0.1, 0.03, 0.01}) {
        CorrelationFixedPoint end =
            CorrelationFixedPoint.of(
                ResponseFunctions.of(Activation.ERF, edge + side * distance, BIAS));
        assertThat(end.depth()).isGreaterThan(2 * before);
        assertThat(end.adaptationGrowth(32)).isLessThan(32);
        before = end.depth();
      }
    }
    CorrelationFixedPoint critical =
        CorrelationFixedPoint.of(ResponseFunctions.of(Activation.ERF, edge, BIAS));
    // a double root, known to the square root of the rounding
    assertThat(critical.adaptationGrowth(32)).isCloseTo(32, within(1e-3));
  }

  @ParameterizedTest
  @ValueSource(doubles = {1.6, 2.2})
  void anglesOfDistinctPointsGrowAsTheSeriesOfTheirOwnResponse(double g) {
    ResponseFunctions response = ResponseFunctions.of(Activation.ERF, g, BIAS);
    CorrelationFixedPoint end = CorrelationFixedPoint.of(response);
    double rho = end.correlation();
    double[] growth =
        AngularGrowth.of(
            problem(
                Activation.ERF,
                g,
                BIAS,
                32,
                atFixedPoint(response.fixedPoint(), rho, rho, rho),
                Targets.of(new double[] {1, -1, 1})));
    assertThat(growth[31]).isCloseTo(end.adaptationGrowth(32), within(1e-8));
    assertThat(growth[31]).isLessThan(0.05 * response.adaptationGrowth(32));
  }

  /**
   * The whole linear response of 12 layers to two points against the series of its terms, with
   * four-point averages by quadrature in two dimensions and the propagators by differences of the
   * arcsine kernel: points that approach (g = 1), critical ones, and points beyond the edge.
   */
  @ParameterizedTest
  @CsvSource({"1.0, 0.6", "1.375839, 0.9", "2.0, 0.4344812"})
  void deepResponseIsTheSumOverItsLayers(double g, double correlation) {
    int layers = 12;
    double q = ResponseFunctions.of(Activation.ERF, g, BIAS).fixedPoint();
    double[] c = atFixedPoint(q, correlation);
    FiniteWidthProblem problem =
        problem(Activation.ERF, g, BIAS, layers, c, Targets.of(new double[] {1, -1}));
    double[] expected = TwoPoints.response(problem);
    try (Backend backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), x -> {})) {
      KernelAdaptation response = LinearResponse.solve(backend, problem, 20_000, 4);
      double[] change = response.change().get(layers);
      double error = response.changeError().get(layers);
      double size = KernelAdaptation.norm(expected);
      assertThat(error).isLessThan(0.03 * size);
      double apart = 0;
      for (int i = 0; i < 4; i++) {
        apart = Math.hypot(apart, change[i] - expected[i == 0 || i == 3 ? 0 : 1]);
      }
      assertThat(apart).isLessThan(4 * error);
    }
  }

  /**
   * Sources of nearby points are not alike: they fall with the square of the distance. So all
   * layers turn a pair by the same amount whatever the weight variance, as in linear networks, and
   * it is the distance itself that is lost below the edge of chaos.
   */
  @Test
  void layersTurnNearbyPointsAlike() {
    for (double g : new double[] {0.8, 1.2, 1.375839, 1.6}) {
      double q = ResponseFunctions.of(Activation.ERF, g, BIAS).fixedPoint();
      double[] turned = new double[2];
      for (int i = 0; i < 2; i++) {
        FiniteWidthProblem problem =
            problem(
                Activation.ERF,
                g,
                BIAS,
                8 << i,
                atFixedPoint(q, 1 - 1e-4),
                Targets.of(new double[] {1, -1}));
        double[] change = TwoPoints.carried(problem, new double[] {1, -1});
        KernelStack stack = KernelStack.prior(problem);
        double[] end = stack.covariance(8 << i);
        turned[i] = (change[0] - change[1]) / Math.pow(end[0] - end[1], 2);
      }
      assertThat(turned[1] / turned[0]).isCloseTo(2, within(0.1));
    }
  }

  /** Linear response of two alike points (variance a, covariance b) in plain arithmetic. */
  private static final class TwoPoints {
    private static final int NODES = 60;

    /** The change of (C_11, C_12) by the pull of the targets at the readout kernel. */
    static double[] response(FiniteWidthProblem problem) {
      double[] end = covariances(problem)[problem.layers()];
      double a = end[0] + problem.kappa();
      double b = end[1];
      double determinant = a * a - b * b;
      double v = 1 / (a - b); // (C + kappa)^{-1} (1, -1)
      return carried(
          problem,
          new double[] {0.5 * (v * v - a / determinant), 0.5 * (-v * v + b / determinant)});
    }

    /** The same for a pull (Ct_11, Ct_12) at the readout kernel. */
    static double[] carried(FiniteWidthProblem problem, double[] top) {
      int layers = problem.layers();
      double[][] c = covariances(problem);
      double[] pull = top;
      double[][] sources = new double[layers][];
      for (int l = layers - 1; l >= 0; l--) {
        double g = problem.weight()[l];
        double[] source = fluctuations(c[l], pull);
        sources[l] =
            new double[] {g * g / problem.width() * source[0], g * g / problem.width() * source[1]};
        double[] j = slopes(c[l]);
        // adjoint for <T, D> = 2 T_11 D_11 + 2 T_12 D_12
        pull = new double[] {g * (j[0] * pull[0] + j[1] * pull[1]), g * j[2] * pull[1]};
      }
      double[] change = new double[2];
      for (int l = 0; l < layers; l++) {
        double g = problem.weight()[l];
        double[] j = slopes(c[l]);
        change =
            new double[] {
              g * j[0] * change[0] + sources[l][0],
              g * (j[1] * change[0] + j[2] * change[1]) + sources[l][1]
            };
      }
      return change;
    }

    private static double[][] covariances(FiniteWidthProblem problem) {
      double[][] c = new double[problem.layers() + 1][];
      c[0] = new double[] {problem.inputCovariance()[0], problem.inputCovariance()[1]};
      for (int l = 0; l < problem.layers(); l++) {
        double g = problem.weight()[l];
        double b = problem.bias()[l];
        c[l + 1] =
            new double[] {b + g * arcsine(c[l][0], c[l][0]), b + g * arcsine(c[l][0], c[l][1])};
      }
      return c;
    }

    private static double arcsine(double variance, double covariance) {
      return 2 / Math.PI * Math.asin(2 * covariance / (1 + 2 * variance));
    }

    /** d phi_11 / d C_11, d phi_12 / d C_11 (of both points), d phi_12 / d C_12. */
    private static double[] slopes(double[] c) {
      double e = 1e-5;
      return new double[] {
        (arcsine(c[0] + e, c[0] + e) - arcsine(c[0] - e, c[0] - e)) / (2 * e),
        (arcsine(c[0] + e, c[1]) - arcsine(c[0] - e, c[1])) / (2 * e),
        (arcsine(c[0], c[1] + e) - arcsine(c[0], c[1] - e)) / (2 * e)
      };
    }

    /** Cov(phi_1^2, U) and Cov(phi_1 phi_2, U), U = phi^T T phi. */
    private static double[] fluctuations(double[] c, double[] t) {
      double spread = Math.sqrt(c[0] - c[1] * c[1] / c[0]);
      double h = 16.0 / NODES;
      double mean = 0;
      double[] first = new double[2];
      double[] joint = new double[2];
      for (int i = 0; i < NODES; i++) {
        double x = -8 + (i + 0.5) * h;
        double p = Erf.erf(Math.sqrt(c[0]) * x);
        for (int j = 0; j < NODES; j++) {
          double y = -8 + (j + 0.5) * h;
          double r = Erf.erf(c[1] / Math.sqrt(c[0]) * x + spread * y);
          double w = h * h * Math.exp(-(x * x + y * y) / 2) / (2 * Math.PI);
          double u = t[0] * (p * p + r * r) + 2 * t[1] * p * r;
          mean += w * u;
          double square = (p * p + r * r) / 2;
          first[0] += w * square;
          first[1] += w * p * r;
          joint[0] += w * square * u;
          joint[1] += w * p * r * u;
        }
      }
      return new double[] {joint[0] - first[0] * mean, joint[1] - first[1] * mean};
    }
  }
}
