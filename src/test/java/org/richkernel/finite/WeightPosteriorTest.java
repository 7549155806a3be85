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
import org.junit.jupiter.params.provider.MethodSource;
import org.richkernel.bayes.InputFactor;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

/** Potential and gradient of the weights' density against finite differences in float64. */
class WeightPosteriorTest {
  private static final int P = 6;
  private static final int D = 4; // rank 5 of 6 with biases
  private static final int N = 7;
  private static final int K = 2;
  private static final double GAMMA = 0.8;
  private static final double BETA = 5;

  private static Stream<Arguments> cases() {
    // three layers of sigmoids have a gradient too small for differences
    return Activation.all().stream()
        .filter(f -> !f.equals(Activation.SIGMOID))
        .flatMap(
            f ->
                Stream.of(Readout.values())
                    .flatMap(
                        readout ->
                            Stream.of(1, 3)
                                .flatMap(
                                    layers ->
                                        Stream.of(0.0, 0.3)
                                            .map(b -> Arguments.of(f, readout, layers, b)))));
  }

  private static double[] normals(int count, long seed) {
    Random random = new Random(seed);
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void potentialAndGradientMatchFiniteDifferences(
      Activation activation, Readout readout, int layers, double biasVariance) {
    double[] variances = {1.1, 0.9, 1.3, 1.2};
    variances = java.util.Arrays.copyOf(variances, layers + 1);
    NetworkSpec network =
        NetworkSpec.of(layers, activation)
            .withWeightVariances(variances)
            .withBiasVariance(biasVariance);
    double[] y = normals(P * K, 2);
    PosteriorProblem problem =
        PosteriorProblem.of(
            network,
            LangevinOptions.of(GAMMA, BETA, N).withReadout(readout),
            Inputs.of(normals(P * D, 1), P, D),
            Targets.of(y, P, K));
    try (Backend backend = Backends.cpu()) {
      InputFactor input = InputFactor.of(backend, network, problem.trainInputs().toArray(), P, D);
      WeightLayout layout =
          new WeightLayout(
              layers, N, input.rank(), biasVariance > 0, readout == Readout.SAMPLED ? K : 0);
      Reference reference = new Reference(network, readout, input, layout, y);
      double[] weights = normals(N * layout.columns(), 3);
      try (WeightPosterior posterior =
          new WeightPosterior(backend, problem, layout, input.factor())) {
        backend.upload(weights, posterior.position());
        double expected = reference.potential(weights);
        posterior.evaluate();
        assertThat(posterior.potential()).isCloseTo(expected, within(1e-5 * Math.abs(expected)));
        double[] gradient = new double[weights.length];
        backend.download(posterior.gradient(), gradient);
        // fields are float32
        GradientCheck.require(reference::potential, weights, gradient, 0.05, 1e-5);
      }
    }
  }

  /** The potential in plain loops. */
  private record Reference(
      NetworkSpec network, Readout readout, InputFactor input, WeightLayout layout, double[] y) {
    double potential(double[] weights) {
      double[][] z = new double[P][layout.rank()];
      for (int i = 0; i < P; i++) {
        for (int k = 0; k < layout.rank(); k++) {
          z[i][k] = input.factor()[i * layout.rank() + k];
        }
      }
      SmallNetwork small = new SmallNetwork(network, N, z);
      double[][][] w = new double[layout.layers()][N][];
      int columns = layout.columns();
      int first = 0;
      for (int l = 0; l < layout.layers(); l++) {
        for (int n = 0; n < N; n++) {
          w[l][n] =
              java.util.Arrays.copyOfRange(
                  weights, n * columns + first, n * columns + first + small.fanIn(l));
        }
        first += small.fanIn(l);
      }
      double[][] phi = small.features(w)[layout.layers() - 1];
      double g = network.weightVariance(layout.layers());
      if (readout == Readout.SAMPLED) {
        double sum = 0;
        for (int i = 0; i < P; i++) {
          for (int k = 0; k < K; k++) {
            double f = 0;
            for (int n = 0; n < N; n++) {
              f += Math.sqrt(g) * phi[i][n] * weights[n * columns + first + k] / (GAMMA * N);
            }
            sum += Math.pow(y[i * K + k] - f, 2);
          }
        }
        return 0.5 * BETA * N * GAMMA * GAMMA * sum;
      }
      RealMatrix a = new Array2DRowRealMatrix(P, P);
      double[] kernel = small.kernel(phi);
      for (int i = 0; i < P * P; i++) {
        a.setEntry(i / P, i % P, g * kernel[i] + (i / P == i % P ? 1 / BETA : 0));
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
}
