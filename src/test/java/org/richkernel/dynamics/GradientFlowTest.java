package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopReason;
import org.richkernel.solver.StopSignal;

/** The integrator: accuracy on the same neurons, several outputs, errors, checkpoints. */
class GradientFlowTest {
  private static final int TRAIN = 12;
  private static final int TEST = 3;

  /** Points that span all dimensions, with K outputs. */
  private static DynamicsProblem problem(Activation f, int outputs, DynamicsOptions options) {
    return new DynamicsProblem(
        NetworkSpec.of(1, f),
        options,
        Problems.inputs(TRAIN, 21),
        Problems.targets(TRAIN, outputs),
        Problems.inputs(TEST, 22),
        Problems.targets(TEST, outputs));
  }

  private static FixedPointSolution follow(
      Backend backend, DynamicsProblem problem, double accuracy) {
    return new OneHiddenLayerSolver(accuracy, 0, 0).solve(problem, backend, RunControl.silent());
  }

  /**
   * At rest neurons slide along kinks, on the way there they cross them. A neuron that takes the
   * other side of a kink by rounding weighs 1 / S: hence many.
   */
  @ParameterizedTest
  @CsvSource({
    "RELU, 1, SUM, 1, 0.5, 6",
    "RELU, 1, SUM, 1.5, 0.1, 0.4",
    "RELU, 2, SUM, 1, 0.5, 6",
    "RELU, 1, MEAN, 1, 0.02, 20",
    "TANH, 1, SUM, 1, 0.5, 6",
    "TANH, 2, MEAN, 2, 0.02, 5"
  })
  void stepsThatTheSolverChoosesReachFineEulerOnTheSameNeurons(
      Activation f, int outputs, Loss loss, double gamma, double lambda, double time) {
    DynamicsOptions options =
        DynamicsOptions.of(gamma, 10, time / 10)
            .withWeightDecay(lambda)
            .withLoss(loss)
            .withSamples(f.hasKink() ? 2048 : 256);
    DynamicsProblem problem = problem(f, outputs, options);
    try (Backend backend = Backends.cpu()) {
      double accuracy = 2e-3;
      FixedPointSolution flow = follow(backend, problem, accuracy);
      PlainFlow plain = new PlainFlow(problem, backend);
      plain.run(time, time / 1000);
      double[] expected = plain.outputs();
      // what the solver promises: within twice the accuracy
      assertThat(Problems.distance(Problems.outputs(flow), expected)).isLessThan(2 * accuracy);
      assertThat(Problems.distance(flow.featureKernel(), plain.featureKernel()))
          .isLessThan(2 * accuracy);
      if (f != Activation.RELU) {
        assertThat(Problems.distance(flow.kernels().gradient().get(0), plain.gradientKernel()))
            .isLessThan(2 * accuracy);
      }
      assertThat(flow.evaluations()).isLessThan(2500);
    }
  }

  @Test
  void recordedTimesLieOnTheTrajectory() {
    DynamicsOptions options =
        DynamicsOptions.of(1, 40, 0.025).withWeightDecay(0.3).withSamples(1024).withRecordEvery(16);
    DynamicsProblem problem = problem(Activation.RELU, 1, options);
    try (Backend backend = Backends.cpu()) {
      DynamicsSolution course = follow(backend, problem, 1e-3).course();
      assertThat(course.times()).isEqualTo(41);
      assertThat(course.mean().kernels().stream().map(LayerKernels::step))
          .containsExactly(0, 16, 32, 40);
      PlainFlow plain = new PlainFlow(problem, backend);
      double[] losses = course.trainLoss();
      for (int t = 0; t <= 40; t++) {
        double[] expected = plain.outputs();
        for (int i = 0; i < expected.length; i++) {
          assertThat(course.mean().outputs()[t * expected.length + i])
              .as("point %d at step %d", i, t)
              .isCloseTo(expected[i], within(2e-3));
        }
        assertThat(losses[t])
            .isCloseTo(TrajectoryRecorder.loss(problem.trainTargets(), expected), within(2e-3));
        if (t == 16) {
          assertThat(
                  Problems.distance(
                      course.mean().kernels().get(1).feature().get(0), plain.featureKernel()))
              .isLessThan(2e-3);
        }
        plain.run(0.025, 0.025 / 20);
      }
    }
  }

  /** The variance between seeds is what the standard errors say it is. */
  @Test
  void standardErrorsCoverTheSpreadOfTwentySeeds() {
    int seeds = 20;
    DynamicsOptions options = DynamicsOptions.of(1, 2, 0.25).withWeightDecay(0.3).withSamples(512);
    double[][] outputs = new double[seeds][];
    double[][] kernels = new double[seeds][];
    double outputErrors = 0;
    double kernelErrors = 0;
    try (Backend backend = Backends.cpu()) {
      for (int seed = 0; seed < seeds; seed++) {
        DynamicsProblem problem = problem(Activation.RELU, 1, options.withSeed(seed));
        DynamicsSolution course =
            new OneHiddenLayerSolver(1e-2, 0).solve(problem, backend, RunControl.silent()).course();
        outputs[seed] = course.trainOutputs(2);
        kernels[seed] = course.lastKernels().feature().get(0);
        double[] errors = course.standardError().outputs();
        outputErrors +=
            squares(java.util.Arrays.copyOfRange(errors, 2 * (TRAIN + TEST), errors.length - TEST));
        kernelErrors += squares(course.standardError().kernels().get(1).feature().get(0));
      }
    }
    // the numbers of a seed hang together: the ratio scatters as one of about 60 to 19 degrees of
    // freedom
    assertThat(spread(outputs) / (outputErrors / seeds)).isBetween(0.5, 2.0);
    assertThat(spread(kernels) / (kernelErrors / seeds)).isBetween(0.5, 2.0);
  }

  private static double squares(double[] x) {
    double sum = 0;
    for (double value : x) {
      sum += value * value;
    }
    return sum;
  }

  /** Sum over the numbers of their variance between seeds. */
  private static double spread(double[][] x) {
    double sum = 0;
    for (int i = 0; i < x[0].length; i++) {
      double mean = 0;
      for (double[] seed : x) {
        mean += seed[i] / x.length;
      }
      for (double[] seed : x) {
        sum += (seed[i] - mean) * (seed[i] - mean) / (x.length - 1);
      }
    }
    return sum;
  }

  private static final class Kept implements CheckpointStore {
    private java.util.Optional<SolverState> state = java.util.Optional.empty();

    @Override
    public boolean due() {
      return false;
    }

    @Override
    public void save(long iteration, SolverState saved) {
      state = java.util.Optional.of(saved);
    }

    @Override
    public java.util.Optional<SolverState> load() {
      return state;
    }
  }

  @ParameterizedTest
  @CsvSource({"1", "7", "20", "45"})
  void stoppedAndResumedGivesTheSameBits(int stopAfter) {
    DynamicsOptions options =
        DynamicsOptions.of(1, 20, 0.1).withWeightDecay(0.5).withSamples(64).withRecordEvery(7);
    requireSameBitsAfterAStop(problem(Activation.RELU, 1, options), stopAfter);
  }

  /** Requires a run that is stopped after so many steps and resumed to be one that was not. */
  static void requireSameBitsAfterAStop(DynamicsProblem problem, int stopAfter) {
    OneHiddenLayerSolver solver = new OneHiddenLayerSolver(1e-2, 1e-3, 2);
    try (Backend backend = Backends.cpu()) {
      FixedPointSolution whole = solver.solve(problem, backend, RunControl.silent());
      Kept kept = new Kept();
      StopSignal stop = new StopSignal();
      int[] steps = new int[1];
      Progress.Listener listener =
          progress -> {
            if (++steps[0] == stopAfter) {
              stop.raise();
            }
          };
      FixedPointSolution first =
          solver.solve(problem, backend, new RunControl(listener, stop, kept));
      assertThat(first.reason()).isEqualTo(StopReason.INTERRUPTED);
      FixedPointSolution resumed =
          solver.solve(
              problem, backend, new RunControl(Progress.Listener.silent(), new StopSignal(), kept));
      assertThat(resumed.reason()).isEqualTo(whole.reason());
      assertThat(Problems.outputs(resumed)).isEqualTo(Problems.outputs(whole));
      assertThat(resumed.evaluations()).isEqualTo(whole.evaluations());
      assertThat(resumed.residual()).isEqualTo(whole.residual());
      assertThat(resumed.featureKernel()).isEqualTo(whole.featureKernel());
      assertThat(resumed.tangentKernel()).isEqualTo(whole.tangentKernel());
      assertThat(resumed.course().standardError().course().trace())
          .isEqualTo(whole.course().standardError().course().trace());
      assertThat(resumed.course().mean().outputs()).isEqualTo(whole.course().mean().outputs());
      assertThat(resumed.course().standardError().outputs())
          .isEqualTo(whole.course().standardError().outputs());
      assertThat(resumed.course().mean().kernels()).hasSameSizeAs(whole.course().mean().kernels());
    }
  }
}
