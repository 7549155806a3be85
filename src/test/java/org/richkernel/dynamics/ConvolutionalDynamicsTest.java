package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.finite.GradientDescentNetwork;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyKernel;
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
import org.richkernel.solver.StopReason;

/** The causal solver with weights that sites share. */
class ConvolutionalDynamicsTest {
  private static final double STANDARD_ERRORS = 5;

  private static NetworkSpec network(
      String layers, Activation activation, SiteReadout readout, SiteMap.Padding padding) {
    Convolutions convolutions =
        Convolutions.parse(layers).withReadout(readout).withPadding(padding);
    return NetworkSpec.of(convolutions.layers().size(), activation).withConvolutions(convolutions);
  }

  /** Three oracle images with the targets 1, -1, 1, and a fourth as test point. */
  private static DynamicsProblem images(
      NetworkSpec network, DynamicsOptions options, ImageShape shape) {
    Inputs all = OracleImages.of(4);
    return new DynamicsProblem(
        network,
        options,
        Inputs.of(all.copyRows(0, 3), 3, 32).withShape(shape),
        Targets.of(new double[] {1, -1, 1}),
        Inputs.of(all.copyRows(3, 1), 1, 32).withShape(shape),
        Targets.of(new double[] {-1}));
  }

  private static DynamicsSolution solve(DynamicsProblem problem) {
    try (Backend backend = Backends.cpu()) {
      return new CausalSolver().solve(problem, backend, RunControl.silent());
    }
  }

  /** The same without the responses A and B, outputs as in the theory. */
  private static DynamicsSolution withoutResponses(DynamicsProblem problem) {
    CausalRun.Maker maker =
        (on, causal, backend, memory, recorder, keeper, first, samples) ->
            new CausalRun(
                on,
                causal,
                backend,
                memory,
                recorder,
                keeper,
                first,
                samples,
                IndependentWeights::new);
    try (Backend backend = Backends.cpu()) {
      return new CausalSolver(CausalOptions.defaults(), maker)
          .solve(problem, backend, RunControl.silent());
    }
  }

  private static DynamicsSolution networks(DynamicsProblem problem, int width, int repeats) {
    try (Backend backend = Backends.cpu()) {
      return new GradientDescentNetwork(width, repeats)
          .solve(problem, backend, RunControl.silent());
    }
  }

  /**
   * Outputs of a particle system by other hands, S = 6000 and 10000 by 3 seeds, in NumPy. There a
   * flattened readout is not divided by sqrt(s): gamma = 1 is 1 / sqrt(s) here, and eta and 1 /
   * lambda are s times as large. Traces at the end are sums over sites, means over all four images,
   * of Phi^1, Phi^2, G^1 and G^2; kernels of means over sites have other ones.
   */
  @ParameterizedTest
  @CsvSource({
    "'3x3,3x3',   FLATTEN, 16, 0.08, .9631 -.9604 .9662 .0073, .9788 -.9782 .9797 .0077,"
        + " 3.351 1.850 5.14 11.96",
    "'3x3,3x3/2', FLATTEN,  4, 0.2,  .859 -.860 .863 .084,     .9344 -.9325 .9359 .0916,"
        + " 3.266 .499 1.56 3.49",
    "'3x3,3x3/2', GAP,      1, 1.5,  .7655 -.9131 .8781 .0194, .8146 -.9004 .8819 .0069,",
  })
  void outputsAreThoseOfAnotherProgram(
      String layers,
      SiteReadout readout,
      int sites,
      double eta,
      String sixth,
      String last,
      @Nullable String traces) {
    DynamicsOptions options =
        DynamicsOptions.of(1 / Math.sqrt(sites), 11, eta * sites)
            .withWeightDecay(0.05 / sites)
            .withSamples(4000);
    NetworkSpec network = network(layers, Activation.TANH, readout, SiteMap.Padding.SAME);
    DynamicsProblem problem = images(network, options, OracleImages.SHAPE);

    DynamicsSolution theory = solve(problem);

    assertThat(theory.reason()).isEqualTo(StopReason.CONVERGED);
    // its errors: up to 0.013 in the middle, 0.01 at the end
    requireOutputs(theory, 6, numbers(sixth), 0.013);
    requireOutputs(theory, 11, numbers(last), 0.01);
    if (traces != null) {
      requireTraces(theory, network.convolutions().orElseThrow(), sites, numbers(traces));
    }
    // 0.204, 0.176 and 0.218 by that program, one seed
    DynamicsProblem fewer = problem.withOptions(options.withSamples(1000));
    assertThat(distance(withoutResponses(fewer), theory)).isBetween(0.12, 0.3);
  }

  private static double[] numbers(String text) {
    return Arrays.stream(text.split(" ", -1)).mapToDouble(Double::parseDouble).toArray();
  }

  private static void requireOutputs(
      DynamicsSolution theory, int time, double[] expected, double error) {
    for (int mu = 0; mu < 4; mu++) {
      int at = time * 4 + mu;
      double spread = Math.hypot(error, theory.standardError().outputs()[at]);
      assertThat(theory.mean().outputs()[at])
          .as("f of point %d at %d", mu, time)
          .isCloseTo(expected[mu], within(3 * spread));
    }
  }

  /** Kernels are means over sites of Phi and sums of G, which has 1 / s of a flattened readout. */
  private static void requireTraces(
      DynamicsSolution theory, Convolutions layers, int readout, double[] expected) {
    LayerKernels mean = last(theory.mean());
    LayerKernels error = last(theory.standardError());
    for (int l = 0; l < 2; l++) {
      int sites = layers.maps(OracleImages.SHAPE).get(l).outputSites();
      requireTrace(mean.feature().get(l), error.feature().get(l), sites, expected[l]);
      requireTrace(mean.gradient().get(l), error.gradient().get(l), readout, expected[2 + l]);
    }
  }

  private static LayerKernels last(Trajectory of) {
    return of.kernels().get(of.kernels().size() - 1);
  }

  private static void requireTrace(
      double[] kernel, double[] errors, double scale, double expected) {
    double trace = 0;
    double error = 0;
    for (int i = 0; i < 16; i += 5) {
      trace += scale * kernel[i] / 4;
      error += scale * errors[i] / 4;
    }
    // that program tells no errors; its three seeds scatter by about one in a hundred
    assertThat(trace).isCloseTo(expected, within(3 * Math.hypot(0.01 * expected, error)));
  }

  /** Outputs and kernels, on a test point too, for maps of all kinds; mini-batches of two. */
  @ParameterizedTest
  @CsvSource({
    "'3x3,3x3/2',       TANH, FLATTEN, SAME,     4x4x2,  0.5, 0.6",
    "'2x2,3x2,1x1',     TANH, GAP,     VALID,    4x4x2,  0.6, 2",
    "'3x3/2,2x2',       RELU, FLATTEN, CIRCULAR, 4x4x2,  0.5, 0.45",
    "'1x3,1x2/2,1x3/2', TANH, FLATTEN, SAME,     1x16x2, 0.5, 0.5",
  })
  void trajectoryAndKernelsMatchFiniteNetworks(
      String layers,
      Activation activation,
      SiteReadout readout,
      SiteMap.Padding padding,
      String shape,
      double gamma,
      double eta) {
    DynamicsOptions options =
        DynamicsOptions.of(gamma, 6, eta)
            .withWeightDecay(0.05)
            .withBatchSize(2)
            .withSamples(4000)
            .withRecordEvery(3);
    NetworkSpec network = network(layers, activation, readout, padding);
    DynamicsProblem problem = images(network, options, ImageShape.parse(shape));

    DynamicsSolution theory = solve(problem);

    // the verdict at this tolerance is a matter of the seed, the power of the comparison is not
    assertThat(Arrays.stream(theory.standardError().outputs()).max().orElseThrow())
        .isLessThan(0.03);
    Problems.requireClose(theory, networks(problem, 300, 16), STANDARD_ERRORS, 0.01);
    double[] start = theory.mean().outputs();
    assertThat(Math.abs(start[6 * 4])).isGreaterThan(0.3);
  }

  /** Gradient kernels are means over the outputs, of points that do not drive too. */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void twoOutputsMatchFiniteNetworks(SiteReadout readout) {
    double eta = readout == SiteReadout.GAP ? 1.5 : 0.4;
    DynamicsProblem one =
        images(
            network("3x3/2,2x2", Activation.TANH, readout, SiteMap.Padding.SAME),
            DynamicsOptions.of(0.5, 8, eta).withBatchSize(2).withSamples(4000).withRecordEvery(4),
            OracleImages.SHAPE);
    DynamicsProblem two =
        new DynamicsProblem(
            one.network(),
            one.options(),
            one.trainInputs(),
            Targets.of(new double[] {1, 0, -1, 1, 0.5, 0}, 3, 2),
            one.testInputs(),
            Targets.of(new double[0], 0, 2));

    Problems.requireClose(solve(two), networks(two, 300, 16), STANDARD_ERRORS, 0.01);
  }

  /** Images of one site and kernels of one entry are a fully connected network, to the bit. */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void oneSiteGivesTheNumbersOfAFullyConnectedNetwork(SiteReadout readout) {
    DynamicsProblem dense =
        Problems.threeOutputs(
            3,
            Activation.TANH,
            DynamicsOptions.of(1, 5, 0.1)
                .withWeightDecay(0.05)
                .withSamples(400)
                .withBatchSize(2)
                .withRecordEvery(2));
    DynamicsProblem same =
        new DynamicsProblem(
            network("1x1,1x1,1x1", Activation.TANH, readout, SiteMap.Padding.VALID),
            dense.options(),
            dense.trainInputs(),
            dense.trainTargets(),
            dense.testInputs(),
            dense.testTargets());

    DynamicsSolution expected = solve(dense);
    DynamicsSolution seen = solve(same);

    assertThat(seen.mean().outputs()).isEqualTo(expected.mean().outputs());
    assertThat(seen.standardError().outputs()).isEqualTo(expected.standardError().outputs());
    for (int k = 0; k < expected.mean().kernels().size(); k++) {
      for (int l = 0; l < 3; l++) {
        assertThat(seen.mean().kernels().get(k).feature().get(l))
            .isEqualTo(expected.mean().kernels().get(k).feature().get(l));
        assertThat(seen.mean().kernels().get(k).gradient().get(l))
            .isEqualTo(expected.mean().kernels().get(k).gradient().get(l));
      }
      double[] tangent = expected.mean().kernels().get(k).tangentKernel(dense.inputKernel());
      double[] own = seen.mean().kernels().get(k).tangent().orElseThrow();
      // products of means against means of products: the extrapolation in S is not linear
      assertThat(own).containsExactly(tangent, within(0.02));
    }
  }

  /** At the start the tangent kernel is that of the recursion, and two outputs have the same. */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void tangentKernelsStartAtTheirClosedForm(SiteReadout readout) {
    NetworkSpec network = network("3x3,3x3/2", Activation.TANH, readout, SiteMap.Padding.SAME);
    DynamicsProblem one =
        images(network, DynamicsOptions.of(1, 1, 0.01).withSamples(4000), OracleImages.SHAPE);
    DynamicsProblem two =
        new DynamicsProblem(
            network,
            one.options(),
            one.trainInputs(),
            Targets.of(new double[] {1, 0, -1, 1, 0.5, 0}, 3, 2),
            one.testInputs(),
            Targets.of(new double[0], 0, 2));
    double[] expected;
    try (Backend backend = Backends.cpu()) {
      expected =
          new LazyKernel(network, KernelKind.NTK).gram(backend, OracleImages.of(4)).readout();
    }
    for (DynamicsProblem problem : List.of(one, two)) {
      DynamicsSolution theory = solve(problem);
      Problems.requireClose(
          "tangent kernel",
          theory.mean().kernels().get(0).tangent().orElseThrow(),
          theory.standardError().kernels().get(0).tangent().orElseThrow(),
          expected,
          new double[expected.length],
          STANDARD_ERRORS,
          0);
    }
  }

  /**
   * Gradient independence on the same fields: lazy networks follow the static kernel, and rich ones
   * leave both it and the theory.
   */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void gradientIndependenceIsExactForLazyNetworksAlone(SiteReadout readout) {
    NetworkSpec network = network("3x3,3x3/2", Activation.TANH, readout, SiteMap.Padding.SAME);
    double eta = readout == SiteReadout.GAP ? 2 : 1;
    DynamicsOptions options = DynamicsOptions.of(1e-3, 6, eta).withSamples(4000);
    DynamicsProblem lazy = images(network, options, OracleImages.SHAPE);
    DynamicsProblem rich = lazy.withOptions(options.withGamma(1).withSamples(2000));
    DynamicsSolution exact;
    DynamicsSolution followed;
    DynamicsSolution approximate;
    try (Backend backend = Backends.cpu()) {
      exact = new StaticKernelSolver().solve(lazy, backend, RunControl.silent());
      GradientIndependenceSolver solver = new GradientIndependenceSolver(CausalOptions.defaults());
      followed = solver.solve(lazy, backend, RunControl.silent());
      approximate = solver.solve(rich, backend, RunControl.silent());
    }
    Problems.requireClose(
        "lazy outputs",
        followed.mean().outputs(),
        followed.standardError().outputs(),
        exact.mean().outputs(),
        exact.standardError().outputs(),
        STANDARD_ERRORS,
        1e-4);
    assertThat(distance(approximate, exact)).isGreaterThan(0.04);
    assertThat(distance(approximate, solve(rich))).isGreaterThan(0.02);
  }

  private static double distance(DynamicsSolution a, DynamicsSolution b) {
    double largest = 0;
    for (int i = 0; i < a.mean().outputs().length; i++) {
      largest = Math.max(largest, Math.abs(a.mean().outputs()[i] - b.mean().outputs()[i]));
    }
    return largest;
  }

  /** Kernels of equal times among those of two times: of the whole population, its bias left in. */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void twoTimeKernelsHoldTheKernelsOfEachTime(SiteReadout readout) {
    NetworkSpec network = network("3x3,3x3/2", Activation.TANH, readout, SiteMap.Padding.SAME);
    DynamicsOptions options =
        DynamicsOptions.of(0.5, 3, 0.5).withSamples(400).withRecordEvery(1).withSaveHistory(true);

    DynamicsSolution theory = solve(images(network, options, OracleImages.SHAPE));

    KernelHistory history = theory.history().orElseThrow();
    assertThat(history.side()).isEqualTo(3 * 4);
    for (int t = 0; t <= 3; t++) {
      LayerKernels mean = theory.mean().kernels().get(t);
      LayerKernels bias = theory.sampleBias().kernels().get(t);
      for (int l = 0; l < 2; l++) {
        for (int i = 0; i < 9; i++) {
          int row = t * 3 + i / 3;
          int at = row * 12 + t * 3 + i % 3;
          int own = i / 3 * 4 + i % 3;
          assertThat((double) history.feature().get(l)[at])
              .isCloseTo(mean.feature().get(l)[own] + bias.feature().get(l)[own], within(1e-6));
          assertThat((double) history.gradient().get(l)[at])
              .isCloseTo(mean.gradient().get(l)[own] + bias.gradient().get(l)[own], within(1e-6));
        }
      }
    }
  }

  @Test
  void aNetworkIsNamedWhereItIsCheaper() {
    NetworkSpec network =
        network("3x3,3x3", Activation.TANH, SiteReadout.FLATTEN, SiteMap.Padding.SAME);
    DynamicsOptions options = DynamicsOptions.of(1, 11, 0.1).withSamples(5000);
    DynamicsProblem few = images(network, options, OracleImages.SHAPE);

    // counted apart from this program, over all times, fields and populations
    assertThat(comparison(few).ratio()).isCloseTo(8.2224004, within(1e-4));
    assertThat(comparison(few).advice()).isPresent();
    DynamicsProblem fewer = few.withOptions(DynamicsOptions.of(1, 1, 0.1).withSamples(200));
    assertThat(comparison(fewer).ratio()).isCloseTo(0.12825185, within(1e-6));
    assertThat(comparison(fewer).advice()).isEmpty();
    assertThat(comparison(Problems.gaussian(2, Activation.TANH, options)).advice()).isEmpty();
  }

  /** Twenty points of sixteen sites, which took more than nine minutes of two cores. */
  @Test
  void aRectifiedTheoryOfFarMoreWorkThanANetworkIsRefused() {
    DynamicsOptions options = DynamicsOptions.of(1, 20, 0.1).withSamples(2000);
    assertThatThrownBy(() -> new CausalSolver().plan(twentyPoints(Activation.RELU, options)))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("the theory takes about 50 times the work of a network of width 1000")
        .hasMessageContaining(
            "use finite --method gd --convolutions 3x3,3x3 --width 1000, or fewer");
    DynamicsOptions shorter = DynamicsOptions.of(1, 4, 0.1).withSamples(2000);
    assertThat(new CausalSolver().plan(twentyPoints(Activation.RELU, shorter)).matrixBytes())
        .isPositive();
    // a smooth past spans far fewer directions than it may
    assertThat(new CausalSolver().plan(twentyPoints(Activation.TANH, options)).matrixBytes())
        .isPositive();
  }

  private static DynamicsProblem twentyPoints(Activation activation, DynamicsOptions options) {
    NetworkSpec network = network("3x3,3x3", activation, SiteReadout.FLATTEN, SiteMap.Padding.SAME);
    return DynamicsProblem.of(network, options, OracleImages.of(20), Targets.of(new double[20]));
  }

  private static NetworkComparison comparison(DynamicsProblem problem) {
    return new NetworkComparison(problem, CausalOptions.defaults());
  }

  @Test
  void moreSitesThanAnArrayHoldsAreRefused() {
    NetworkSpec network =
        network("3x3,3x3", Activation.TANH, SiteReadout.FLATTEN, SiteMap.Padding.SAME);
    Inputs many = Inputs.of(new double[200 * 784], 200, 784).withShape(new ImageShape(28, 28, 1));
    DynamicsProblem problem =
        DynamicsProblem.of(
            network, DynamicsOptions.of(1, 5, 0.1), many, Targets.of(new double[200]));

    assertThatThrownBy(() -> new CausalSolver().plan(problem))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("image-shape is 28x28")
        .hasMessageContaining("finite --method gd --convolutions 3x3,3x3 --width 1000");
  }
}
