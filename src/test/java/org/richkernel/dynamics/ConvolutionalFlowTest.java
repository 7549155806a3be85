package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.function.Function;
import org.apache.commons.math3.random.Well19937c;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.bayes.SampledPredictor;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.finite.GradientDescentNetwork;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyKernel;
import org.richkernel.network.Convolutions;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/** The gradient flow of one convolutional layer. */
class ConvolutionalFlowTest {
  /** Errors of sampling alone: none for what a flow that is not at rest still has to go. */
  private static final OneHiddenLayerSolver TO_THE_END = new OneHiddenLayerSolver(2e-3, 0);

  private static final int TRAIN = 5;
  private static final int TEST = 2;

  /** Gaussian images of a shape. */
  static Inputs images(ImageShape shape, int count, int seed) {
    Well19937c random = new Well19937c(seed);
    double[] x = new double[count * shape.dimension()];
    java.util.Arrays.setAll(x, i -> random.nextGaussian());
    return Inputs.of(x, count, shape.dimension()).withShape(shape);
  }

  static NetworkSpec network(Convolutions layer, Activation f, SiteReadout readout) {
    return NetworkSpec.of(1, f).withConvolutions(layer.withReadout(readout));
  }

  static DynamicsProblem problem(
      NetworkSpec network, ImageShape shape, int outputs, DynamicsOptions options) {
    return new DynamicsProblem(
        network,
        options,
        images(shape, TRAIN, 31),
        Problems.targets(TRAIN, outputs),
        images(shape, TEST, 32),
        Problems.targets(TEST, outputs));
  }

  /** 2 x 2 patches of 3 x 3 images, 9 sites with padding; they span all 4 dimensions. */
  private static DynamicsProblem small(
      Activation f, SiteReadout readout, int outputs, DynamicsOptions options) {
    NetworkSpec network = network(Convolutions.parse("2x2"), f, readout);
    return problem(network, new ImageShape(3, 3, 1), outputs, options);
  }

  @ParameterizedTest
  @CsvSource({
    "RELU, FLATTEN, 1, SUM, 1, 0.5, 4",
    "RELU, GAP, 1, SUM, 0.3, 0.1, 2",
    "TANH, FLATTEN, 2, MEAN, 1.5, 0.05, 5",
    "TANH, GAP, 2, SUM, 0.5, 0.2, 3"
  })
  void stepsThatTheSolverChoosesReachFineEulerOnTheSameNeurons(
      Activation f,
      SiteReadout readout,
      int outputs,
      Loss loss,
      double gamma,
      double lambda,
      double time) {
    DynamicsOptions options =
        DynamicsOptions.of(gamma, 10, time / 10)
            .withWeightDecay(lambda)
            .withLoss(loss)
            .withSamples(f.hasKink() ? 400 : 100);
    DynamicsProblem problem = small(f, readout, outputs, options);
    try (Backend backend = Backends.cpu()) {
      double accuracy = 2e-3;
      FixedPointSolution flow =
          new OneHiddenLayerSolver(accuracy, 0, 0).solve(problem, backend, RunControl.silent());
      PlainFlow plain = new PlainFlow(problem, backend);
      double[] start = plain.tangentKernel();
      plain.run(time, time / 500);
      assertThat(Problems.distance(Problems.outputs(flow), plain.outputs()))
          .isLessThan(2 * accuracy);
      assertThat(Problems.distance(flow.featureKernel(), plain.featureKernel()))
          .isLessThan(2 * accuracy);
      if (f != Activation.RELU) {
        assertThat(Problems.distance(flow.kernels().gradient().get(0), plain.gradientKernel()))
            .isLessThan(2 * accuracy);
        assertThat(Problems.distance(flow.tangentKernel(), plain.tangentKernel()))
            .isLessThan(2 * accuracy);
      }
      assertThat(Problems.distance(flow.tangentKernel(), start)).isGreaterThan(0.1);
      assertThat(flow.evaluations()).isLessThan(2500);
    }
  }

  /** Images of one site are vectors: no number may differ. */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void imagesOfOneSiteGiveTheBitsOfTheDenseNetwork(SiteReadout readout) {
    DynamicsOptions options =
        DynamicsOptions.of(1, 20, 0.1).withWeightDecay(0.3).withSamples(128).withRecordEvery(7);
    NetworkSpec point = network(Convolutions.parse("1x1"), Activation.RELU, readout);
    DynamicsProblem sites = problem(point, new ImageShape(1, 1, 8), 2, options);
    DynamicsProblem dense =
        new DynamicsProblem(
            NetworkSpec.of(1, Activation.RELU),
            options,
            sites.trainInputs(),
            sites.trainTargets(),
            sites.testInputs(),
            sites.testTargets());
    OneHiddenLayerSolver solver = new OneHiddenLayerSolver(1e-2, 1e-3, 2);
    try (Backend backend = Backends.cpu()) {
      FixedPointSolution one = solver.solve(sites, backend, RunControl.silent());
      FixedPointSolution other = solver.solve(dense, backend, RunControl.silent());
      assertThat(Problems.outputs(one)).isEqualTo(Problems.outputs(other));
      assertThat(one.residual()).isEqualTo(other.residual());
      assertThat(one.evaluations()).isEqualTo(other.evaluations());
      assertThat(one.featureKernel()).isEqualTo(other.featureKernel());
      assertThat(one.tangentKernel()).isEqualTo(other.tangentKernel());
      assertThat(one.neurons().weights()).isEqualTo(other.neurons().weights());
      assertThat(one.neurons().readouts()).isEqualTo(other.neurons().readouts());
      DynamicsSolution a = one.course();
      DynamicsSolution b = other.course();
      assertThat(a.mean().outputs()).isEqualTo(b.mean().outputs());
      assertThat(a.standardError().outputs()).isEqualTo(b.standardError().outputs());
      assertThat(a.mean().course().alignment()).isEqualTo(b.mean().course().alignment());
      assertThat(a.standardError().course().movement())
          .isEqualTo(b.standardError().course().movement());
    }
  }

  /** A linear network that averages over sites is the dense one on the mean patches. */
  @Test
  void linearNetworksOfMeansAreDenseNetworksOnMeanPatches() {
    DynamicsOptions options =
        DynamicsOptions.of(0.7, 10, 0.2).withWeightDecay(0.3).withSamples(256);
    DynamicsProblem problem = small(Activation.LINEAR, SiteReadout.GAP, 1, options);
    DynamicsProblem dense =
        new DynamicsProblem(
            NetworkSpec.of(1, Activation.LINEAR),
            options,
            means(problem, problem.trainInputs()),
            problem.trainTargets(),
            means(problem, problem.testInputs()),
            problem.testTargets());
    OneHiddenLayerSolver solver = new OneHiddenLayerSolver(1e-4, 0, 0);
    try (Backend backend = Backends.cpu()) {
      FixedPointSolution sites = solver.solve(problem, backend, RunControl.silent());
      FixedPointSolution points = solver.solve(dense, backend, RunControl.silent());
      assertThat(Problems.outputs(sites)).containsExactly(Problems.outputs(points), within(1e-4));
      assertThat(sites.featureKernel()).containsExactly(points.featureKernel(), within(1e-3));
      assertThat(sites.tangentKernel()).containsExactly(points.tangentKernel(), within(1e-3));
      assertThat(Math.abs(Problems.outputs(sites)[0])).isGreaterThan(0.1);
    }
  }

  /** Means over sites of the patches, points x 4. */
  private static Inputs means(DynamicsProblem problem, Inputs images) {
    int width = problem.sites().inputs();
    int sites = problem.sites().sites(1);
    double[] patches = problem.sites().patches(images, 0, images.rows());
    double[] means = new double[images.rows() * width];
    for (int i = 0; i < patches.length; i++) {
      means[i % means.length] += patches[i] / sites;
    }
    return Inputs.of(means, images.rows(), width);
  }

  /** Before training the kernels are those of the lazy theory, within sampling errors. */
  @ParameterizedTest
  @CsvSource({
    "RELU, FLATTEN, 3x3/2, SAME",
    "RELU, GAP, 2x2, VALID",
    "TANH, GAP, 3x3, CIRCULAR",
    "ERF, FLATTEN, 2x3, SAME"
  })
  void kernelsAtTheStartAreTheLazyOnes(
      Activation f, SiteReadout readout, String layer, SiteMap.Padding padding) {
    NetworkSpec network = network(Convolutions.parse(layer).withPadding(padding), f, readout);
    DynamicsOptions options = DynamicsOptions.of(1, 1, 1e-9).withSamples(8000);
    DynamicsProblem problem = problem(network, new ImageShape(4, 4, 2), 1, options);
    try (Backend backend = Backends.cpu()) {
      DynamicsSolution course = TO_THE_END.solve(problem, backend, RunControl.silent()).course();
      LayerKernels seen = course.mean().kernels().get(0);
      LayerKernels errors = course.standardError().kernels().get(0);
      Inputs all = problem.inputs();
      double[] none = new double[seen.feature().get(0).length];
      Problems.requireClose(
          "Phi",
          seen.feature().get(0),
          errors.feature().get(0),
          new LazyKernel(network, KernelKind.NNGP).gram(backend, all).readout(),
          none,
          5,
          1e-4);
      Problems.requireClose(
          "K",
          seen.tangent().orElseThrow(),
          errors.tangent().orElseThrow(),
          new LazyKernel(network, KernelKind.NTK).gram(backend, all).readout(),
          none,
          5,
          1e-4);
    }
  }

  /** The limit of small richness is the flow of the static kernel. */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void smallRichnessIsTheStaticKernel(SiteReadout readout) {
    DynamicsOptions options = DynamicsOptions.of(1e-3, 30, 0.05).withSamples(4000);
    DynamicsProblem problem = small(Activation.TANH, readout, 1, options);
    try (Backend backend = Backends.cpu()) {
      DynamicsSolution course = TO_THE_END.solve(problem, backend, RunControl.silent()).course();
      DynamicsSolution lazy =
          new StaticKernelSolver(200).solve(problem, backend, RunControl.silent());
      Problems.requireClose(
          "outputs",
          course.mean().outputs(),
          course.standardError().outputs(),
          lazy.mean().outputs(),
          lazy.standardError().outputs(),
          5,
          2e-3);
      assertThat(lazy.trainLoss()[30]).isLessThan(0.9 * lazy.trainLoss()[0]);
    }
  }

  /** Two training images 3 x 3 x 2 and three test images. */
  private static DynamicsProblem two(NetworkSpec network, DynamicsOptions options) {
    ImageShape shape = new ImageShape(3, 3, 2);
    return new DynamicsProblem(
        network,
        options,
        images(shape, 2, 41),
        Targets.of(new double[] {1, -1}),
        images(shape, 3, 42),
        Targets.of(new double[] {1, 1, -1}));
  }

  /** Two images of four sites leave directions of the patches free, which test images see. */
  @ParameterizedTest
  @CsvSource({"RELU, FLATTEN, 0.02", "TANH, GAP, 0.06"})
  void flowMatchesFiniteNetworksTrainedWithSmallSteps(
      Activation f, SiteReadout readout, double step) {
    DynamicsOptions options =
        DynamicsOptions.of(1.5, 200, step).withWeightDecay(0.05).withSamples(4000);
    NetworkSpec network = network(Convolutions.parse("3x3/2"), f, readout);
    DynamicsProblem problem = two(network, options);
    try (Backend backend = Backends.cpu()) {
      FixedPointSolution flow = TO_THE_END.solve(problem, backend, RunControl.silent());
      assertThat(flow.neurons().rank()).isLessThan(18);
      DynamicsSolution course = flow.course();
      DynamicsSolution seen =
          new GradientDescentNetwork(400, 8).solve(problem, backend, RunControl.silent());
      // a step and the finite width move the networks by about 1 %
      Problems.requireClose(course, seen, 5, 0.015);
      assertThat(course.trainLoss()[200]).isLessThan(0.6 * course.trainLoss()[0]);
    }
  }

  /**
   * Another theory of the same neurons: causal trajectories of ten and twenty steps, extrapolated
   * to steps of no length.
   */
  @ParameterizedTest
  @CsvSource({"'', FLATTEN, 1.5", "3x3/2, FLATTEN, 1.5", "3x3/2, GAP, 5"})
  void flowIsTheLimitOfCausalTrajectories(String layer, SiteReadout readout, double time) {
    NetworkSpec network =
        layer.isEmpty()
            ? NetworkSpec.of(1, Activation.TANH)
            : network(Convolutions.parse(layer), Activation.TANH, readout);
    DynamicsOptions options =
        DynamicsOptions.of(1.5, 10, time / 10).withWeightDecay(0.05).withSamples(6000);
    DynamicsProblem ten = two(network, options);
    DynamicsProblem twenty = ten.withOptions(options.withSteps(20).withStepSize(time / 20));
    try (Backend backend = Backends.cpu()) {
      DynamicsSolution flow = TO_THE_END.solve(ten, backend, RunControl.silent()).course();
      List<DynamicsSolution> causal =
          List.of(
              new CausalSolver().solve(ten, backend, RunControl.silent()),
              new CausalSolver().solve(twenty, backend, RunControl.silent()));
      requireLimit("f", flow, causal, ConvolutionalFlowTest::last);
      requireLimit("Phi", flow, causal, of -> last(of.kernels()).feature().get(0));
      requireLimit("G", flow, causal, of -> last(of.kernels()).gradient().get(0));
      assertThat(flow.trainLoss()[10]).isLessThan(0.7 * flow.trainLoss()[0]);
    }
  }

  private static double[] last(Trajectory of) {
    int end = of.outputs().length;
    return java.util.Arrays.copyOfRange(of.outputs(), end - of.points(), end);
  }

  private static LayerKernels last(List<LayerKernels> kernels) {
    return kernels.get(kernels.size() - 1);
  }

  /** Within errors, and what is left of the second order of the step. */
  private static void requireLimit(
      String what,
      DynamicsSolution flow,
      List<DynamicsSolution> causal,
      Function<Trajectory, double[]> of) {
    double[] limit = of.apply(causal.get(1).mean()).clone();
    double[] error = of.apply(causal.get(1).standardError()).clone();
    for (int i = 0; i < limit.length; i++) {
      limit[i] = 2 * limit[i] - of.apply(causal.get(0).mean())[i];
      error[i] = Math.hypot(2 * error[i], of.apply(causal.get(0).standardError())[i]);
    }
    System.out.println(
        "LIM "
            + what
            + java.util.Arrays.toString(of.apply(flow.mean()))
            + java.util.Arrays.toString(limit)
            + java.util.Arrays.toString(of.apply(causal.get(0).mean()))
            + java.util.Arrays.toString(error)
            + java.util.Arrays.toString(of.apply(flow.standardError())));
    Problems.requireClose(
        what, of.apply(flow.mean()), of.apply(flow.standardError()), limit, error, 4, 0.01);
  }

  /** f = Phi (Phi + lambda)^{-1} y and f = K (K + 2 lambda)^{-1} y, on new points too. */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void outputsAtRestAreKernelPredictionsOfTheAdaptedKernels(SiteReadout readout) {
    double lambda = readout == SiteReadout.GAP ? 0.05 : 0.3;
    DynamicsOptions options =
        DynamicsOptions.of(1, 100, 0.25 / lambda).withWeightDecay(lambda).withSamples(200);
    DynamicsProblem problem = small(Activation.RELU, readout, 1, options);
    try (Backend backend = Backends.cpu()) {
      FixedPointSolution solution =
          new OneHiddenLayerSolver().solve(problem, backend, RunControl.silent());
      assertThat(solution.readoutResidual()).isLessThan(1e-3);
      assertThat(solution.tangentResidual()).isLessThan(1e-3);
      double[] f = Problems.outputs(solution);
      assertThat(solution.featurePredictor(backend)).containsExactly(f, within(5e-3));
      assertThat(solution.tangentPredictor(backend)).containsExactly(f, within(1e-2));
      double[] start = solution.course().mean().kernels().get(0).tangent().orElseThrow();
      assertThat(Problems.distance(solution.tangentKernel(), start)).isGreaterThan(0.2);
    }
  }

  @ParameterizedTest
  @CsvSource({"FLATTEN, 5", "FLATTEN, 30", "GAP, 12"})
  void stoppedAndResumedGivesTheSameBits(SiteReadout readout, int stopAfter) {
    DynamicsOptions options =
        DynamicsOptions.of(1, 20, 0.1).withWeightDecay(0.5).withSamples(64).withRecordEvery(7);
    GradientFlowTest.requireSameBitsAfterAStop(
        small(Activation.RELU, readout, 2, options), stopAfter);
  }

  /** Two images leave 10 of 18 directions of the patches free, over which outputs average. */
  @ParameterizedTest
  @CsvSource({"RELU, FLATTEN", "ERF, GAP"})
  void theTrainedNeuronsPredictTheTestImages(Activation f, SiteReadout readout) {
    DynamicsOptions options = DynamicsOptions.of(1, 10, 0.3).withWeightDecay(0.2).withSamples(64);
    NetworkSpec network = network(Convolutions.parse("3x3/2"), f, readout);
    ImageShape shape = new ImageShape(3, 3, 2);
    DynamicsProblem problem =
        new DynamicsProblem(
            network,
            options,
            images(shape, 2, 41),
            Targets.of(new double[] {1, 0.3, -1, 0.5}, 2, 2),
            images(shape, 300, 42),
            Targets.of(new double[0], 0, 2));
    try (Backend backend = Backends.cpu()) {
      FixedPointSolution flow =
          new OneHiddenLayerSolver(1e-2, 0, 0).solve(problem, backend, RunControl.silent());
      FlowNeurons neurons = flow.neurons();
      assertThat(neurons.rank()).isEqualTo(8);
      float[] readouts = neurons.readouts().clone();
      float scale = (float) ((readout == SiteReadout.GAP ? 1 : 0.5) / 64);
      for (int i = 0; i < readouts.length; i++) {
        readouts[i] *= scale;
      }
      SampledPredictor predictor =
          new SampledPredictor(
              network,
              shape,
              neurons.rank(),
              neurons.basis(),
              neurons.weights(),
              readouts,
              neurons.restShare());
      assertThat(predictor.predict(backend, problem.testInputs()))
          .containsExactly(flow.testOutputs(), within(1e-5));
      assertThat(neurons.restShare()).isCloseTo(Math.exp(-0.6), within(1e-9));
    }
  }
}
