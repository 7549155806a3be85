package org.richkernel.lazy;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.commons.math3.random.Well19937c;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;
import org.junit.jupiter.params.ParameterizedTest;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;

/**
 * Kernels against wide finite networks with explicit weights.
 *
 * <p>Means over independent networks are compared within 5 standard errors of the mean. The
 * finite-width bias is of order 1 / width, below one standard error for these sizes.
 */
class FiniteNetworkKernelTest {
  private static final int WIDTH = 300;
  private static final int NETWORKS = 40;
  private static final int POINTS = 3;
  private static final int DIMENSION = 4;
  private static final double STANDARD_ERRORS = 5;

  @ParameterizedTest
  @Activations("every")
  void kernelsOfDepthThreeMatchWideNetworks(Activation activation) {
    NetworkSpec network =
        NetworkSpec.of(3, activation).withWeightVariances(1.2, 1.5, 1.1, 0.8).withBiasVariance(0.2);
    Inputs x = RandomInputs.of(POINTS, DIMENSION, 17);
    SummaryStatistics[][] features = statistics(3);
    SummaryStatistics[][] tangent = statistics(1);
    Well19937c random = new Well19937c(2024);
    for (int r = 0; r < NETWORKS; r++) {
      sample(network, x, random, features, tangent[0]);
    }

    try (Backend backend = Backends.cpu()) {
      LazyGram gram = new LazyKernel(network, KernelKind.NTK).gram(backend, x);
      for (int l = 1; l <= 3; l++) {
        requireWithin(features[l - 1], gram.feature(l), activation + " Phi^" + l);
      }
      requireWithin(tangent[0], gram.readout(), activation + " NTK");
    }
  }

  private static void requireWithin(SummaryStatistics[] seen, double[] theory, String name) {
    for (int ij = 0; ij < theory.length; ij++) {
      double error = seen[ij].getStandardDeviation() / Math.sqrt(seen[ij].getN());
      assertThat(Math.abs(seen[ij].getMean() - theory[ij]) / error)
          .as("%s[%d]: %g against %g", name, ij, seen[ij].getMean(), theory[ij])
          .isLessThan(STANDARD_ERRORS);
      // a comparison within large errors would prove nothing
      assertThat(error).isLessThan(0.04 * theory[0]);
    }
  }

  /** One network: its feature kernels, and its tangent kernel from its explicit Jacobian. */
  private static void sample(
      NetworkSpec network,
      Inputs x,
      Well19937c random,
      SummaryStatistics[][] features,
      SummaryStatistics[] tangent) {
    int depth = network.hiddenLayers();
    double biasScale = Math.sqrt(network.biasVariance());
    double[][][] weights = new double[depth][][];
    double[][][] h = new double[depth + 1][POINTS][];
    double[][][] phi = new double[depth + 1][POINTS][];
    for (int i = 0; i < POINTS; i++) {
      phi[0][i] = x.copyRows(i, 1);
    }
    for (int l = 0; l < depth; l++) {
      int fanIn = phi[l][0].length;
      weights[l] = gaussian(random, WIDTH, fanIn);
      double[] bias = gaussian(random, 1, WIDTH)[0];
      double scale = Math.sqrt(network.weightVariance(l) / fanIn);
      for (int i = 0; i < POINTS; i++) {
        h[l + 1][i] = new double[WIDTH];
        phi[l + 1][i] = new double[WIDTH];
        for (int n = 0; n < WIDTH; n++) {
          double value = scale * dot(weights[l][n], phi[l][i]) + biasScale * bias[n];
          h[l + 1][i][n] = value;
          phi[l + 1][i][n] = network.activation().value(value);
        }
      }
    }
    double[] readout = gaussian(random, 1, WIDTH)[0];
    // f = sqrt(g_L / N) w . phi^L; delta = df/dh
    double[][] delta = new double[POINTS][WIDTH];
    double top = Math.sqrt(network.weightVariance(depth) / WIDTH);
    for (int i = 0; i < POINTS; i++) {
      for (int n = 0; n < WIDTH; n++) {
        delta[i][n] = top * readout[n] * network.activation().derivative(h[depth][i][n]);
      }
    }
    double[] ntk = new double[POINTS * POINTS];
    for (int ij = 0; ij < ntk.length; ij++) {
      ntk[ij] = top * top * dot(phi[depth][ij / POINTS], phi[depth][ij % POINTS]);
    }
    for (int l = depth - 1; l >= 0; l--) {
      int fanIn = phi[l][0].length;
      double g = network.weightVariance(l) / fanIn;
      // sum over the weights and biases of layer l of df_i/dp df_j/dp
      for (int ij = 0; ij < ntk.length; ij++) {
        int i = ij / POINTS;
        int j = ij % POINTS;
        ntk[ij] +=
            dot(delta[i], delta[j]) * (g * dot(phi[l][i], phi[l][j]) + network.biasVariance());
      }
      if (l > 0) {
        delta = backward(network, weights[l], h[l], delta, Math.sqrt(g));
      }
    }
    for (int ij = 0; ij < ntk.length; ij++) {
      tangent[ij].addValue(ntk[ij]);
      for (int l = 1; l <= depth; l++) {
        features[l - 1][ij].addValue(dot(phi[l][ij / POINTS], phi[l][ij % POINTS]) / WIDTH);
      }
    }
  }

  private static double[][] backward(
      NetworkSpec network, double[][] weights, double[][] h, double[][] delta, double scale) {
    double[][] below = new double[POINTS][WIDTH];
    for (int i = 0; i < POINTS; i++) {
      for (int n = 0; n < WIDTH; n++) {
        for (int m = 0; m < WIDTH; m++) {
          below[i][m] += scale * weights[n][m] * delta[i][n];
        }
      }
      for (int m = 0; m < WIDTH; m++) {
        below[i][m] *= network.activation().derivative(h[i][m]);
      }
    }
    return below;
  }

  private static SummaryStatistics[][] statistics(int layers) {
    SummaryStatistics[][] all = new SummaryStatistics[layers][POINTS * POINTS];
    for (SummaryStatistics[] layer : all) {
      java.util.Arrays.setAll(layer, ij -> new SummaryStatistics());
    }
    return all;
  }

  private static double[][] gaussian(Well19937c random, int rows, int columns) {
    double[][] values = new double[rows][columns];
    for (double[] row : values) {
      java.util.Arrays.setAll(row, j -> random.nextGaussian());
    }
    return values;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
