package org.richkernel.finite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.Stream;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.Convolutions;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.OracleImages;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/** The posterior of the weights of convolutional networks. */
class ConvolutionalPosteriorTest {
  private static final int P = 4;
  private static final int N = 5;
  private static final int K = 2;
  private static final double GAMMA = 0.8;
  private static final double BETA = 5;

  private static Stream<Arguments> cases() {
    return Stream.of(Readout.values())
        .flatMap(
            weights ->
                Stream.of(SiteReadout.values())
                    .flatMap(
                        sites -> Stream.of(0.0, 0.3).map(b -> Arguments.of(weights, sites, b))));
  }

  private static NetworkSpec network(String layers, SiteReadout readout) {
    Convolutions convolutions = Convolutions.parse(layers).withReadout(readout);
    return NetworkSpec.of(convolutions.layers().size(), Activation.TANH)
        .withConvolutions(convolutions);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void potentialAndGradientMatchFiniteDifferences(
      Readout treatment, SiteReadout readout, double biasVariance) {
    NetworkSpec network =
        network("3x3/2,2x2", readout)
            .withWeightVariances(1.1, 0.9, 1.3)
            .withBiasVariance(biasVariance);
    Random random = new Random(4);
    double[] y = random.doubles(P * K, -1, 1).toArray();
    PosteriorProblem problem =
        PosteriorProblem.of(
            network,
            LangevinOptions.of(GAMMA, BETA, N).withReadout(treatment),
            OracleImages.of(P),
            Targets.of(y, P, K));
    WeightLayout layout =
        WeightLayout.of(
            problem.sites(),
            N,
            problem.rankBound(),
            biasVariance > 0,
            treatment == Readout.SAMPLED ? K : 0);
    Reference reference = new Reference(network, treatment, layout, y);
    double[] weights = new double[N * layout.columns()];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) random.nextGaussian();
    }
    try (Backend backend = Backends.cpu()) {
      PosteriorInputs input = PosteriorInputs.of(backend, problem, layout);
      try (WeightPosterior posterior =
          new WeightPosterior(backend, problem, layout, input.factor())) {
        backend.upload(weights, posterior.position());
        posterior.evaluate();
        double expected = reference.potential(weights);
        assertThat(posterior.potential()).isCloseTo(expected, within(1e-5 * Math.abs(expected)));
        double[] gradient = new double[weights.length];
        backend.download(posterior.gradient(), gradient);
        // fields are float32
        GradientCheck.require(reference::potential, weights, gradient, 0.02, 2e-5);
      }
    }
  }

  /** The potential in plain loops. */
  private record Reference(
      NetworkSpec network, Readout treatment, WeightLayout layout, double[] y) {
    double potential(double[] weights) {
      PlainConvolutions plain = new PlainConvolutions(network, OracleImages.of(P), N);
      int columns = layout.columns();
      double[][][] w = new double[plain.layers()][N][];
      int first = 0;
      for (int l = 0; l < plain.layers(); l++) {
        for (int n = 0; n < N; n++) {
          int from = n * columns + first;
          w[l][n] = java.util.Arrays.copyOfRange(weights, from, from + plain.fanIn(l));
        }
        first += plain.fanIn(l);
      }
      double g = network.weightVariance(plain.layers());
      double[][] read = new double[P][];
      for (int mu = 0; mu < P; mu++) {
        read[mu] = plain.read(plain.features(w, mu));
      }
      if (treatment == Readout.SAMPLED) {
        double sum = 0;
        for (int mu = 0; mu < P; mu++) {
          for (int k = 0; k < K; k++) {
            double f = 0;
            for (int i = 0; i < read[mu].length; i++) {
              double v = weights[i % N * columns + first + i / N * K + k];
              f += Math.sqrt(g) * read[mu][i] * v / (GAMMA * N);
            }
            sum += Math.pow(y[mu * K + k] - f, 2);
          }
        }
        return 0.5 * BETA * N * GAMMA * GAMMA * sum;
      }
      RealMatrix a = new Array2DRowRealMatrix(P, P);
      for (int mu = 0; mu < P; mu++) {
        for (int nu = 0; nu < P; nu++) {
          double sum = 0;
          for (int i = 0; i < read[mu].length; i++) {
            sum += read[mu][i] * read[nu][i];
          }
          a.setEntry(mu, nu, g * sum / N + (mu == nu ? 1 / BETA : 0));
        }
      }
      RealMatrix targets = new Array2DRowRealMatrix(P, K);
      for (int i = 0; i < P * K; i++) {
        targets.setEntry(i / K, i % K, y[i]);
      }
      CholeskyDecomposition factor = new CholeskyDecomposition(a);
      double fit = targets.transpose().multiply(factor.getSolver().solve(targets)).getTrace();
      return 0.5 * N * GAMMA * GAMMA * fit + 0.5 * K * Math.log(factor.getDeterminant());
    }
  }

  /**
   * Numbers of three other samplers of the same posterior at N = 200: Tr K / P, y^T v and the
   * outputs at two test images. Of the plain flattened readout, gamma = 1 and kappa = 0.1 are gamma
   * = 1/2 and kappa = 0.025 of the normalized one.
   */
  @ParameterizedTest
  @CsvSource({
    "FLATTEN, .6298, .0010, 3.440, .008, -.0005, .0030, -.1050, .0050",
    "GAP,     .1124, .0002, 9.586, .020,  .3350, .0050,  .0620, .0025",
  })
  void posteriorIsThatOfOtherSamplers(
      SiteReadout readout,
      double trace,
      double traceError,
      double fit,
      double fitError,
      double first,
      double firstError,
      double second,
      double secondError) {
    double pairs = readout == SiteReadout.FLATTEN ? 4 : 1;
    Inputs all = OracleImages.of(6);
    Inputs train = Inputs.of(all.copyRows(0, P), P, 32).withShape(OracleImages.SHAPE);
    Inputs test = Inputs.of(all.copyRows(P, 2), 2, 32).withShape(OracleImages.SHAPE);
    Targets y = Targets.of(new double[] {1, -1, 1, -1});
    LangevinOptions options =
        LangevinOptions.of(1 / Math.sqrt(pairs), 10 * pairs, 200)
            .withChains(2)
            .withTolerance(1e-9)
            .withMaxSweeps(250);
    PosteriorProblem problem =
        new PosteriorProblem(network("3x3,3x3/2", readout), options, train, y, test);
    try (Backend backend = Backends.cpu()) {
      PosteriorSolution seen =
          new NetworkPosterior(backend, problem).solve(RunControl.silent()).orElseThrow();

      LayerEstimate top = seen.layers().get(1);
      requireWithin(pairs * top.trace(), trace, Math.hypot(pairs * top.traceError(), traceError));
      double[] v = seen.dual();
      double product = 0;
      for (int i = 0; i < P; i++) {
        product += y.at(i, 0) * v[i] / pairs;
      }
      requireWithin(product, fit, Math.hypot(0.01 * fit, fitError));
      double[] f = seen.test().value();
      double[] errors = seen.test().standardError();
      requireWithin(f[0], first, Math.hypot(errors[0], firstError));
      requireWithin(f[1], second, Math.hypot(errors[1], secondError));
      assertThat(top.traceError()).isLessThan(0.02 * top.trace());
    }
  }

  private static void requireWithin(double seen, double expected, double error) {
    assertThat(Math.abs(seen - expected) / error)
        .as("%g against %g +- %g", seen, expected, error)
        .isLessThan(4);
  }
}
