package org.richkernel.lazy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Precision;
import org.richkernel.network.Convolutions;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.OracleImages;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/** Kernels of convolutional networks at initialisation. */
class ConvolutionalKernelTest {
  private static NetworkSpec network(String layers, Activation activation, SiteReadout readout) {
    Convolutions convolutions = Convolutions.parse(layers).withReadout(readout);
    return NetworkSpec.of(convolutions.layers().size(), activation).withConvolutions(convolutions);
  }

  private static LazyGram gram(NetworkSpec network, KernelKind kind, Inputs inputs) {
    try (Backend backend = Backends.cpu()) {
      return new LazyKernel(network, kind).gram(backend, inputs);
    }
  }

  /**
   * Numbers of an independent implementation; those of the flattened readout are of the plain one,
   * without the division by the number of sites.
   */
  @ParameterizedTest
  @CsvSource({
    "3x3,          relu, FLATTEN, 2.774215 .929498 2.918706, 5.548431 .961207 5.837412",
    "3x3,          relu, GAP,      .063623 .055654 .071606,  .085421 .056318 .101242",
    "'3x3,3x3',    relu, FLATTEN, 1.042031 .533002 1.098268, 3.126094 .751024 3.294803",
    "'3x3,3x3',    relu, GAP,      .030645 .028803 .033510,  .049826 .037610 .057793",
    "'3x3,3x3/2',  relu, FLATTEN,  .250341 .131947 .274759,  .751023 .188200 .824278",
    "'3x3,3x3/2',  relu, GAP,      .036636 .029066 .045368,  .079020 .038632 .101832",
    "'3x3,3x3/2',  erf,  FLATTEN,  .690723 .019292 .721382, 2.164921 .057909 2.271302",
    "'3x3,3x3/2',  erf,  GAP,      .031974 -.000163 .089917, .101829 -.000492 .278041",
    "'3x3,3x3',    tanh, FLATTEN, 1.912707 .024494 1.969202, 5.933662 .073497 6.119753",
  })
  void kernelsAreThoseOfAnIndependentComputation(
      String layers, String activation, SiteReadout readout, String nngp, String ntk) {
    NetworkSpec network = network(layers, Activation.named(activation), readout);
    int sites = layers.endsWith("/2") ? 4 : 16;
    double scale = readout == SiteReadout.FLATTEN ? sites : 1;

    for (KernelKind kind : KernelKind.values()) {
      double[] kernel = gram(network, kind, OracleImages.of(4)).readout();
      double[] expected =
          Arrays.stream((kind == KernelKind.NNGP ? nngp : ntk).split(" "))
              .mapToDouble(Double::parseDouble)
              .toArray();
      double[] seen = {scale * kernel[0], scale * kernel[1], scale * kernel[5]};
      for (int i = 0; i < 3; i++) {
        assertThat(seen[i]).as("%s entry %d", kind, i).isCloseTo(expected[i], within(6e-7));
      }
      assertThat(kernel[4]).isEqualTo(kernel[1]);
    }
  }

  /** Phi_aa = Sigma_aa Pd_aa on the diagonal of a homogeneous activation. */
  @Test
  void tangentKernelOfReluIsAMultipleOfTheCovarianceOnTheDiagonal() {
    NetworkSpec network = network("3x3,2x3/2,1x1", Activation.RELU, SiteReadout.FLATTEN);
    double[] nngp = gram(network, KernelKind.NNGP, OracleImages.of(5)).readout();
    double[] ntk = gram(network, KernelKind.NTK, OracleImages.of(5)).readout();

    for (int mu = 0; mu < 5; mu++) {
      assertThat(ntk[6 * mu]).isCloseTo(4 * nngp[6 * mu], within(1e-14));
    }
  }

  /** Every tile, pair of sites and layer against loops over all of them, in the dual form too. */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void kernelsAreThoseOfLoopsOverAllPairsOfSites(SiteReadout readout) {
    for (SiteMap.Padding padding : SiteMap.Padding.values()) {
      Convolutions layers =
          Convolutions.parse("2x3,3x2/2,2x2").withPadding(padding).withReadout(readout);
      NetworkSpec network =
          NetworkSpec.of(3, Activation.ERF)
              .withConvolutions(layers)
              .withWeightVariances(1.3, 0.8, 1.1, 0.7)
              .withBiasVariance(0.2);
      Inputs inputs = RandomInputs.of(3, 42, 5).withShape(new ImageShape(7, 6, 1));
      PlainSites plain = new PlainSites(network, inputs);

      LazyGram nngp = gram(network, KernelKind.NNGP, inputs);
      double[] ntk = gram(network, KernelKind.NTK, inputs).readout();

      requireEqual(nngp.readout(), plain.nngp(), 1e-13);
      requireEqual(ntk, plain.ntk(), 1e-13);
      for (int l = 1; l <= 3; l++) {
        requireEqual(nngp.feature(l), plain.feature(l), 1e-13);
      }
    }
  }

  private static void requireEqual(double[] seen, double[] expected, double relative) {
    double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    assertThat(seen).hasSameSizeAs(expected);
    for (int i = 0; i < seen.length; i++) {
      assertThat(seen[i]).as("entry %d", i).isCloseTo(expected[i], within(relative * largest));
    }
  }

  /** A network whose images have one site is fully connected. */
  @ParameterizedTest
  @ValueSource(strings = {"relu", "tanh", "erf", "gelu"})
  void onePixelIsAFullyConnectedNetwork(String name) {
    Activation activation = Activation.named(name);
    Inputs vectors = RandomInputs.of(6, 5, 11);
    for (KernelKind kind : KernelKind.values()) {
      NetworkSpec dense =
          NetworkSpec.of(3, activation)
              .withWeightVariances(1.3, 0.8, 1.1, 0.7)
              .withBiasVariance(0.2);
      LazyGram expected = gram(dense, kind, vectors);
      for (SiteReadout readout : SiteReadout.values()) {
        NetworkSpec network =
            dense.withConvolutions(Convolutions.parse("1x1,1x1,1x1").withReadout(readout));
        LazyGram seen = gram(network, kind, vectors);
        // series are exact to 1e-12; a pooled readout keeps the rounding of slopes with a kink
        double exact = activation.hasClosedDual() ? 1e-13 : 2e-12;
        double bound = name.equals("relu") && readout == SiteReadout.GAP ? 1e-7 : exact;
        requireEqual(seen.readout(), expected.readout(), bound);
        for (int l = 1; l <= 3; l++) {
          requireEqual(seen.feature(l), expected.feature(l), exact);
        }
      }
    }
  }

  /** Points in other orders, in tiles of other sizes, and beside others: the same numbers. */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void kernelsBetweenPanelsAreThoseOfOneGramMatrix(SiteReadout readout) {
    NetworkSpec network = network("3x3,3x3/2", Activation.RELU, readout);
    int points = 700;
    Inputs all = RandomInputs.of(points, 9, 3).withShape(new ImageShape(3, 3, 1));
    Inputs first = Inputs.of(all.copyRows(0, 600), 600, 9).withShape(all.shape());
    Inputs last = Inputs.of(all.copyRows(600, 100), 100, 9).withShape(all.shape());
    try (Backend backend = Backends.cpu()) {
      LazyKernel kernel = new LazyKernel(network, KernelKind.NTK);
      double[] whole = kernel.gram(backend, all).readout();
      double[] cross = kernel.cross(backend, last, first);
      for (int i = 0; i < 100; i++) {
        for (int j = 0; j < 600; j++) {
          assertThat(cross[i * 600 + j]).isCloseTo(whole[(600 + i) * points + j], within(1e-13));
        }
      }
      for (int i = 0; i < points; i++) {
        for (int j = 0; j < i; j++) {
          assertThat(whole[i * points + j]).isEqualTo(whole[j * points + i]);
        }
      }
    }
  }

  /** The factor in tiles sees the kernel by panels, and measures the layers on the way. */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void fitsInTilesAreThoseInMemory(SiteReadout readout, @TempDir Path folder) {
    NetworkSpec network = network("3x3,3x3/2", Activation.RELU, readout);
    Inputs inputs = RandomInputs.of(150, 9, 3).withShape(new ImageShape(3, 3, 1));
    double[] y = RandomInputs.of(150, 1, 4).toArray();
    LazyProblem problem =
        LazyProblem.of(network, KernelKind.NTK, 0.1, inputs, Targets.of(y)).withTestInputs(inputs);
    try (Backend backend = Backends.cpu()) {
      LazySolution dense = new LazySolver(backend, problem).solve();
      LazySolution tiled =
          new TiledLazySolver(backend, problem, folder.resolve("tiles"), Precision.FLOAT64, 64)
              .solve(RunControl.silent())
              .orElseThrow();
      requireEqual(tiled.fit().coefficients(), dense.fit().coefficients(), 1e-10);
      requireEqual(tiled.testPredictions(), dense.testPredictions(), 1e-10);
      for (int l = 0; l < 2; l++) {
        assertThat(tiled.layerMetrics().get(l).alignment())
            .isCloseTo(dense.layerMetrics().get(l).alignment(), within(1e-12));
      }
    }
  }

  @Test
  void manyLayersOfSmoothActivationsAreFinite() {
    String layers = String.join(",", java.util.Collections.nCopies(16, "3x3"));
    for (SiteReadout readout : SiteReadout.values()) {
      LazyGram gram =
          gram(network(layers, Activation.TANH, readout), KernelKind.NTK, OracleImages.of(3));
      assertThat(gram.layers()).isEqualTo(16);
      assertThat(gram.truncation()).isLessThan(1e-12);
      assertThat(Arrays.stream(gram.readout()).allMatch(Double::isFinite)).isTrue();
    }
  }

  @Test
  void blackPixelsHaveNoVarianceAndNoNan() {
    double[] x = new double[3 * 16];
    Arrays.fill(x, 0, 4, 1);
    x[20] = -2;
    for (String name : List.of("relu", "erf", "tanh", "gelu")) {
      for (SiteReadout readout : SiteReadout.values()) {
        double[] kernel =
            gram(
                    network("3x3,3x3", Activation.named(name), readout),
                    KernelKind.NTK,
                    Inputs.of(x, 3, 16).withShape(new ImageShape(4, 4, 1)))
                .readout();
        assertThat(Arrays.stream(kernel).allMatch(Double::isFinite)).as(name).isTrue();
        assertThat(kernel[8]).as(name).isCloseTo(0, within(1e-14));
      }
    }
  }

  @Test
  void whatCannotBeComputedIsRefusedInOneLine() {
    NetworkSpec pooled = network("3x3", Activation.RELU, SiteReadout.GAP);
    Inputs many = Inputs.of(new double[4000 * 784], 4000, 784).withShape(new ImageShape(28, 28, 1));
    assertThatThrownBy(() -> gram(pooled, KernelKind.NNGP, many))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("image-shape is 28x28")
        .hasMessageContaining("or --readout flatten");
    Inputs vectors = Inputs.of(new double[8], 2, 4);
    NetworkSpec valid =
        pooled.withConvolutions(Convolutions.parse("3x3").withPadding(SiteMap.Padding.VALID));
    assertThatThrownBy(() -> gram(valid, KernelKind.NNGP, vectors))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("convolutions is 3x3")
        .hasMessageContaining("1x1");
  }
}
