package org.richkernel.lazy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;

class LazyKernelTest {
  private static Backend backend;

  @BeforeAll
  static void open() {
    backend = Backends.cpu();
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  /** The recursion in its plainest form, with every expectation integrated numerically. */
  private static double[][] bruteForce(NetworkSpec network, Inputs x) {
    int p = x.rows();
    int depth = network.hiddenLayers();
    double[][] kernels = new double[depth + 2][p * p];
    double[] sigma = new double[p * p];
    for (int i = 0; i < p; i++) {
      for (int j = 0; j < p; j++) {
        double dot = 0;
        for (int d = 0; d < x.dimension(); d++) {
          dot += x.at(i, d) * x.at(j, d);
        }
        sigma[i * p + j] = network.weightVariance(0) * dot / x.dimension() + network.biasVariance();
      }
    }
    double[] theta = sigma.clone();
    for (int l = 1; l <= depth; l++) {
      double bias = l < depth ? network.biasVariance() : 0;
      double[] next = new double[p * p];
      for (int i = 0; i < p; i++) {
        for (int j = 0; j < p; j++) {
          double a = sigma[i * p + i];
          double b = sigma[j * p + j];
          double rho = i == j ? 1 : sigma[i * p + j] / Math.sqrt(a * b);
          double value = expectation(network.activation(), false, a, b, rho);
          double slope = expectation(network.activation(), true, a, b, rho);
          kernels[l - 1][i * p + j] = value;
          next[i * p + j] = network.weightVariance(l) * value + bias;
          theta[i * p + j] = next[i * p + j] + network.weightVariance(l) * theta[i * p + j] * slope;
        }
      }
      sigma = next;
    }
    kernels[depth] = sigma;
    kernels[depth + 1] = theta;
    return kernels;
  }

  private static double expectation(Activation f, boolean slope, double a, double b, double rho) {
    if (f.equals(Activation.LINEAR)) {
      return slope ? 1 : rho * Math.sqrt(a * b);
    }
    if (f.hasKink()) {
      // f = alpha h + (1 - alpha) max(h, 0)
      double alpha = f.parameter();
      double linear = alpha * (slope ? 1 : rho * Math.sqrt(a * b));
      return linear + (1 - alpha) * (1 - alpha) * GaussianPair.rectified(slope ? 0 : 1, a, b, rho);
    }
    return GaussianPair.smooth(slope ? f::derivative : f::value, a, b, rho);
  }

  @ParameterizedTest
  @Activations("every")
  void deepKernelsMatchNumericalIntegrationOfEveryLayer(Activation activation) {
    NetworkSpec network =
        NetworkSpec.of(3, activation)
            .withWeightVariances(1.3, 1.8, 0.7, 1.4)
            .withBiasVariance(0.15);
    Inputs x = RandomInputs.of(4, 5, 11);
    double[][] expected = bruteForce(network, x);

    LazyGram nngp = new LazyKernel(network, KernelKind.NNGP).gram(backend, x);
    LazyGram ntk = new LazyKernel(network, KernelKind.NTK).gram(backend, x);

    for (int l = 1; l <= 3; l++) {
      assertThat(nngp.feature(l)).containsExactly(expected[l - 1], within(1e-10));
      assertThat(ntk.feature(l)).containsExactly(nngp.feature(l), within(0.0));
    }
    assertThat(nngp.readout()).containsExactly(expected[3], within(1e-10));
    assertThat(ntk.readout()).containsExactly(expected[4], within(1e-9));
  }

  @ParameterizedTest
  @Activations("every")
  void ntkIsTheSumOverLayersOfGradientTimesFeatureKernels(Activation activation) {
    int depth = 3;
    NetworkSpec network = NetworkSpec.of(depth, activation);
    Inputs x = RandomInputs.of(4, 6, 3);
    int p = x.rows();
    LazyGram gram = new LazyKernel(network, KernelKind.NTK).gram(backend, x);

    // K = sum_{l=0}^{L} G^{l+1} o Phi^l, G^{L+1} = 1, G^l = G^{l+1} o Phidot^l
    double[] sum = new double[p * p];
    double[] gradient = new double[p * p];
    java.util.Arrays.fill(gradient, 1);
    for (int l = depth; l >= 0; l--) {
      double[] feature = l == 0 ? linearKernel(x) : gram.feature(l);
      double[] covariance = l <= 1 ? linearKernel(x) : gram.feature(l - 1);
      for (int i = 0; i < p; i++) {
        for (int j = 0; j < p; j++) {
          int ij = i * p + j;
          sum[ij] += gradient[ij] * feature[ij];
          double a = covariance[i * p + i];
          double b = covariance[j * p + j];
          double rho = i == j ? 1 : covariance[ij] / Math.sqrt(a * b);
          gradient[ij] *= expectation(activation, true, a, b, rho);
        }
      }
    }
    assertThat(gram.readout()).containsExactly(sum, within(1e-9));
  }

  @Test
  void linearNtkIsDepthPlusOneTimesTheInputKernel() {
    Inputs x = RandomInputs.of(7, 3, 5);
    double[] expected = linearKernel(x);
    for (int i = 0; i < expected.length; i++) {
      expected[i] *= 5;
    }
    double[] ntk =
        new LazyKernel(NetworkSpec.of(4, Activation.LINEAR), KernelKind.NTK)
            .gram(backend, x)
            .readout();

    assertThat(ntk).containsExactly(expected, within(1e-13));
  }

  @Test
  void reluNngpOfDepthOneIsTheArcCosineKernel() {
    Inputs x = RandomInputs.of(5, 4, 8);
    double[] k0 = linearKernel(x);
    double[] phi =
        new LazyKernel(NetworkSpec.of(1, Activation.RELU), KernelKind.NNGP)
            .gram(backend, x)
            .feature(1);
    for (int i = 0; i < 5; i++) {
      for (int j = 0; j < 5; j++) {
        double norm = Math.sqrt(k0[i * 5 + i] * k0[j * 5 + j]);
        double angle = Math.acos(Math.max(-1, Math.min(1, k0[i * 5 + j] / norm)));
        // Cho and Saul 2009, J_1 / (2 pi)
        double exact =
            norm * (Math.sin(angle) + (Math.PI - angle) * Math.cos(angle)) / (2 * Math.PI);
        assertThat(phi[i * 5 + j]).isCloseTo(exact, within(1e-13));
      }
    }
  }

  @ParameterizedTest
  @Activations("every")
  void crossKernelOfThePointsWithThemselvesIsTheirGramMatrix(Activation activation) {
    NetworkSpec network = NetworkSpec.of(2, activation).withBiasVariance(0.3);
    Inputs x = RandomInputs.of(9, 4, 21);
    for (KernelKind kind : KernelKind.values()) {
      LazyKernel kernel = new LazyKernel(network, kind);
      double[] gram = kernel.gram(backend, x).readout();
      // at equal points the arc-cosine slope has a square-root cusp: rounding of 1e-16 becomes 1e-8
      double tolerance = activation.hasKink() && kind == KernelKind.NTK ? 1e-7 : 1e-11;

      assertThat(kernel.cross(backend, x, x)).containsExactly(gram, within(tolerance));
      double[] diagonal = kernel.diagonal(x);
      for (int i = 0; i < 9; i++) {
        assertThat(gram[i * 9 + i]).isCloseTo(diagonal[i], within(1e-14));
      }
    }
  }

  @ParameterizedTest
  @Activations
  void panelsOfManyPointsMatchPointByPointEvaluation(Activation activation) {
    NetworkSpec network = NetworkSpec.of(2, activation);
    LazyKernel kernel = new LazyKernel(network, KernelKind.NTK);
    Inputs train = RandomInputs.of(3, 4000, 1);
    Inputs many = RandomInputs.of(700, 4000, 2);
    double[] all = kernel.cross(backend, many, train);

    int panel = PanelSize.of(backend, train, many.rows());
    assertThat(panel).isLessThan(700);
    for (int row : new int[] {0, panel - 1, panel, panel + 1, 699}) {
      Inputs one = Inputs.of(many.copyRows(row, 1), 1, 4000);
      double[] single = kernel.cross(backend, one, train);
      for (int j = 0; j < 3; j++) {
        assertThat(all[row * 3 + j]).isCloseTo(single[j], within(1e-12));
      }
    }
  }

  @ParameterizedTest
  @Activations("every")
  void duplicatesHaveEqualRowsAndNearDuplicatesAreFinite(Activation activation) {
    double[] x = {1, 2, -1, 1, 2, -1, 1, 2, -1 + 1e-13, -1, -2, 1};
    LazyKernel kernel = new LazyKernel(NetworkSpec.of(3, activation), KernelKind.NTK);
    double[] gram = kernel.gram(backend, Inputs.of(x, 4, 3)).readout();

    for (int j = 0; j < 4; j++) {
      assertThat(gram[j]).isCloseTo(gram[4 + j], within(2e-7));
      assertThat(gram[j]).isCloseTo(gram[8 + j], within(2e-6));
    }
    if (activation.isOdd()) {
      assertThat(gram[3]).isCloseTo(-gram[0], within(1e-11));
    }
  }

  @ParameterizedTest
  @Activations
  void zeroInputsHaveZeroKernelWithoutBiases(Activation activation) {
    double[] x = {0, 0, 1, -2, 0, 0};
    for (KernelKind kind : KernelKind.values()) {
      LazyGram gram =
          new LazyKernel(NetworkSpec.of(2, activation), kind).gram(backend, Inputs.of(x, 3, 2));
      double[] readout = gram.readout();
      for (int ij : new int[] {0, 1, 2, 3, 5, 6, 7, 8}) {
        assertThat(readout[ij]).isCloseTo(0, within(1e-25));
      }
      assertThat(readout[4]).isPositive();
    }
  }

  @ParameterizedTest
  @Activations
  void onePointIsEnough(Activation activation) {
    NetworkSpec network = NetworkSpec.of(2, activation).withBiasVariance(0.5);
    Inputs zero = Inputs.of(new double[3], 1, 3);
    LazyKernel kernel = new LazyKernel(network, KernelKind.NTK);

    assertThat(kernel.gram(backend, zero).readout())
        .containsExactly(bruteForce(network, zero)[3], within(1e-10));
    assertThat(kernel.cross(backend, Inputs.of(new double[0], 0, 3), zero)).isEmpty();
  }

  @Test
  void overflowNamesTheLayer() {
    NetworkSpec network =
        NetworkSpec.of(3, Activation.RELU).withWeightVariances(1e100, 1e100, 1, 1);
    assertThatThrownBy(
            () -> new LazyKernel(network, KernelKind.NNGP).gram(backend, RandomInputs.of(2, 2, 1)))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("layer 2")
        .hasMessageContaining("standardize");
  }

  @Test
  void inputsOfAnotherDimensionAreRefused() {
    assertThatThrownBy(
            () ->
                new LazyKernel(NetworkSpec.of(1, Activation.RELU), KernelKind.NNGP)
                    .cross(backend, RandomInputs.of(2, 3, 1), RandomInputs.of(2, 4, 1)))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("dimension");
  }

  private static double[] linearKernel(Inputs x) {
    int p = x.rows();
    double[] kernel = new double[p * p];
    for (int i = 0; i < p; i++) {
      for (int j = 0; j < p; j++) {
        for (int d = 0; d < x.dimension(); d++) {
          kernel[i * p + j] += x.at(i, d) * x.at(j, d) / x.dimension();
        }
      }
    }
    return kernel;
  }
}
