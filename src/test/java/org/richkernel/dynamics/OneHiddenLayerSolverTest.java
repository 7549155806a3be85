package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.data.Datasets;
import org.richkernel.data.ZerosAndOnes;
import org.richkernel.finite.GradientDescentNetwork;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

class OneHiddenLayerSolverTest {
  private static final int SAMPLES = 4000;

  /** Gradient flow for at most the given time; the step size only says how long that is. */
  private static DynamicsProblem problem(
      Activation activation, double gamma, double weightDecay, double time, int train) {
    DynamicsOptions options =
        DynamicsOptions.of(gamma, 1000, time / 1000)
            .withWeightDecay(weightDecay)
            .withSamples(SAMPLES);
    return Problems.gaussian(1, activation, options, train);
  }

  private static FixedPointSolution solve(Backend backend, DynamicsProblem problem) {
    return new OneHiddenLayerSolver().solve(problem, backend, RunControl.silent());
  }

  /** Both rank spaces: fewer and more training points than input dimensions. */
  @ParameterizedTest
  @CsvSource({"RELU, 4, SUM", "RELU, 9, SUM", "LINEAR, 9, MEAN", "TANH, 4, SUM"})
  void outputsAtTheFixedPointAreKernelPredictionsOfTheAdaptedKernels(
      Activation activation, int train, Loss loss) {
    DynamicsProblem problem = problem(activation, 1, 0.5, 60, train);
    if (loss == Loss.MEAN) {
      problem = problem.withOptions(problem.options().withWeightDecay(0.1).withLoss(loss));
    }
    try (Backend backend = Backends.cpu()) {
      FixedPointSolution solution = solve(backend, problem);
      // the equations hold long before the slowest neurons of ReLU have come to rest
      assertThat(solution.readoutResidual()).isLessThanOrEqualTo(1e-3);
      assertThat(solution.tangentResidual()).isLessThanOrEqualTo(1e-3);
      double[] f = Problems.outputs(solution);
      assertThat(solution.featurePredictor(backend)).containsExactly(f, within(5e-3));
      if (activation != Activation.TANH) {
        assertThat(solution.tangentPredictor(backend)).containsExactly(f, within(1e-2));
      }
      // the kernel has adapted: the identity is not that of the kernel at the start
      assertThat(Math.abs(solution.featureKernel()[0] - start(backend, problem)))
          .isGreaterThan(0.02);
    }
  }

  private static double start(Backend backend, DynamicsProblem problem) {
    DynamicsProblem brief =
        problem.withOptions(DynamicsOptions.of(1, 1, 1e-6).withSamples(SAMPLES));
    return solve(backend, brief).featureKernel()[0];
  }

  /**
   * On its way this flow comes within 0.0147 of rest and leaves again, up to 0.0228 at the next
   * recorded time; it is at rest when it has come back.
   */
  @Test
  void aFlowThatLeavesItsRestAgainGoesOnUntilItComesBack() {
    DynamicsOptions options = DynamicsOptions.of(0.3, 40, 9).withWeightDecay(0.05).withSamples(256);
    double tolerance = 0.018;
    try (Backend backend = Backends.cpu()) {
      FixedPointSolution solution =
          new OneHiddenLayerSolver(1e-2, tolerance, 2)
              .solve(Problems.gaussian(1, Activation.RELU, options), backend, RunControl.silent());
      assertThat(solution.reason()).isEqualTo(StopReason.CONVERGED);
      assertThat(solution.residual()).isLessThanOrEqualTo(tolerance);
      assertThat(solution.time()).isGreaterThan(18).isLessThan(360);
      List<LayerKernels> recorded = solution.course().mean().kernels();
      assertThat(recorded).extracting(LayerKernels::step).containsExactly(0, last(solution));
      assertThat(solution.course().times()).isEqualTo(last(solution) + 1);
    }
  }

  private static int last(FixedPointSolution solution) {
    return (int) Math.round(solution.time() / solution.problem().options().stepSize());
  }

  @Test
  void aFlowWithoutAStepDivergesWhereItIs() {
    DynamicsOptions options = DynamicsOptions.of(1e25, 10, 0.01).withSamples(256);
    try (Backend backend = Backends.cpu()) {
      FixedPointSolution solution = solve(backend, Problems.gaussian(1, Activation.RELU, options));
      assertThat(solution.reason()).isEqualTo(StopReason.DIVERGED);
      assertThat(solution.course().reason()).isEqualTo(StopReason.DIVERGED);
      assertThat(solution.time()).isZero();
      assertThat(solution.trainOutputs()).containsOnly(0);
      assertThat(solution.course().times()).isEqualTo(1);
    }
  }

  @Test
  void inputsThatOverflowAreRefusedInOneLine() {
    DynamicsProblem small = problem(Activation.RELU, 1, 0, 1, 2);
    DynamicsProblem large =
        DynamicsProblem.of(
            small.network(),
            small.options(),
            Inputs.of(new double[] {1e39, 1, 1, 1e39}, 2, 2),
            small.trainTargets());
    try (Backend backend = Backends.cpu()) {
      assertThatThrownBy(() -> solve(backend, large))
          .isInstanceOf(InvalidProblemException.class)
          .hasMessageStartingWith("train-x is too large for float32; ");
    }
  }

  /** Without weight decay and at early times, where nothing is at rest yet. */
  @Test
  void flowMatchesFiniteNetworksTrainedWithSmallSteps() {
    DynamicsOptions options =
        DynamicsOptions.of(1.5, 200, 0.005).withWeightDecay(0.3).withSamples(20000);
    DynamicsProblem problem = Problems.gaussian(1, Activation.RELU, options);
    try (Backend backend = Backends.cpu()) {
      FixedPointSolution flow =
          new OneHiddenLayerSolver(2e-3, 1e-3).solve(problem, backend, RunControl.silent());
      DynamicsSolution seen =
          new GradientDescentNetwork(2000, 16).solve(problem, backend, RunControl.silent());
      assertThat(flow.reason()).isEqualTo(StopReason.BUDGET);
      assertThat(flow.time()).isCloseTo(1, within(1e-12));
      // a step of 0.005 moves the networks by about 1 %
      Problems.requireClose(flow.course(), seen, 5, 0.015);
    }
  }

  /** |f - prediction| / |y| over the training points, and the same over test points. */
  private static void requirePredicts(FixedPointSolution solution, double[] predicted) {
    int train = solution.problem().trainPoints();
    double[] f = Problems.outputs(solution);
    double[] squares = new double[2];
    for (int i = 0; i < f.length; i++) {
      squares[i < train ? 0 : 1] += (f[i] - predicted[i]) * (f[i] - predicted[i]);
    }
    assertThat(Math.sqrt(squares[0] / train)).isLessThan(1e-3);
    assertThat(Math.sqrt(squares[1] / (f.length - train))).isLessThan(1e-3);
  }

  @Test
  void bothIdentitiesHoldToAThousandthOnDigits() {
    Datasets digits = ZerosAndOnes.of(40, 30);
    DynamicsOptions options = DynamicsOptions.of(1, 400, 0.05).withWeightDecay(1).withSamples(1000);
    DynamicsProblem problem =
        new DynamicsProblem(
            NetworkSpec.of(1, Activation.RELU),
            options,
            Inputs.of(digits.train().inputs(), 40, digits.train().inputDimension()),
            Targets.of(digits.train().targets()),
            Inputs.of(digits.test().orElseThrow().inputs(), 30, digits.train().inputDimension()),
            Targets.of(digits.test().orElseThrow().targets()));
    try (Backend backend = Backends.cpu()) {
      FixedPointSolution solution =
          new OneHiddenLayerSolver(3e-3, 1e-4).solve(problem, backend, RunControl.silent());
      assertThat(solution.reason()).isEqualTo(StopReason.CONVERGED);
      assertThat(solution.time()).isLessThan(20);
      assertThat(solution.readoutResidual()).isLessThan(1e-4);
      assertThat(solution.tangentResidual()).isLessThan(1e-4);
      requirePredicts(solution, solution.featurePredictor(backend));
      requirePredicts(solution, solution.tangentPredictor(backend));
      // far from the kernel at the start, whose predictions these are not
      double[] start = solution.course().mean().kernels().get(0).feature().get(0);
      double moved = 0;
      double norm = 0;
      for (int i = 0; i < start.length; i++) {
        double now = solution.featureKernel()[i];
        moved += (now - start[i]) * (now - start[i]);
        norm += now * now;
      }
      assertThat(Math.sqrt(moved / norm)).isGreaterThan(0.3);
    }
  }

  @Test
  void lazyLimitWithoutWeightDecayInterpolatesAndKeepsItsKernel() {
    try (Backend backend = Backends.cpu()) {
      // the points span all dimensions, so that outputs and kernels see the same neurons
      DynamicsProblem lazy = problem(Activation.RELU, 1e-2, 0, 1000, 9);
      FixedPointSolution solution = solve(backend, lazy);
      assertThat(solution.reason()).isEqualTo(StopReason.CONVERGED);
      double[] k = solution.tangentKernel();
      double[] expected = kernelRegression(k, 9, 10);
      for (int i = 0; i < 10; i++) {
        assertThat(Problems.outputs(solution)[i]).isCloseTo(expected[i], within(5e-3));
      }
    }
  }

  /** k(x, X) K^{-1} y by Gaussian elimination. */
  private static double[] kernelRegression(double[] kernel, int train, int all) {
    double[][] k = new double[train][train];
    double[] y = new double[train];
    for (int i = 0; i < train; i++) {
      y[i] = i % 2 == 0 ? 1 : -1;
      System.arraycopy(kernel, i * all, k[i], 0, train);
    }
    double[] c =
        new org.apache.commons.math3.linear.LUDecomposition(
                new org.apache.commons.math3.linear.Array2DRowRealMatrix(k))
            .getSolver()
            .solve(new org.apache.commons.math3.linear.ArrayRealVector(y))
            .toArray();
    double[] f = new double[all];
    for (int i = 0; i < all; i++) {
      for (int j = 0; j < train; j++) {
        f[i] += kernel[i * all + j] * c[j];
      }
    }
    return f;
  }

  @Test
  void sameSeedSameNumbers() {
    DynamicsProblem problem = problem(Activation.RELU, 1, 0.2, 5, 4);
    try (Backend backend = Backends.cpu()) {
      assertThat(Problems.outputs(solve(backend, problem)))
          .isEqualTo(Problems.outputs(solve(backend, problem)));
    }
  }

  @Test
  void whatItCannotSolveIsRefusedInOneLine() {
    DynamicsOptions options = DynamicsOptions.of(1, 2, 0.1);
    assertThatThrownBy(() -> new OneHiddenLayerSolver(1e-3, 1e-9))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage("tolerance is 1.0E-9; fields are float32; use at least 1e-5, or 0 not to stop");
    try (Backend backend = Backends.cpu()) {
      assertThatThrownBy(() -> solve(backend, Problems.gaussian(2, Activation.RELU, options)))
          .isInstanceOf(InvalidProblemException.class)
          .hasMessage("hidden-layers is 2; this solver needs 1; use the causal solver for more");
      assertThatThrownBy(
              () -> solve(backend, Problems.gaussian(1, Activation.RELU, options.withSamples(101))))
          .isInstanceOf(InvalidProblemException.class)
          .hasMessage("samples is 101; neurons come in pairs; use 102");
      assertThatThrownBy(
              () -> solve(backend, Problems.gaussian(1, Activation.RELU, options.withBatchSize(2))))
          .isInstanceOf(InvalidProblemException.class)
          .hasMessage(
              "batch-size is 2; gradient flow needs full batches; leave it out, or use the causal"
                  + " solver");
      assertThatThrownBy(
              () ->
                  solve(
                      backend,
                      Problems.gaussian(1, Activation.RELU, options.withSaveHistory(true))))
          .isInstanceOf(InvalidProblemException.class)
          .hasMessage(
              "save-history is true; gradient flow has no two-time kernels; use the causal solver");
      FixedPointSolution solution = solve(backend, Problems.gaussian(1, Activation.TANH, options));
      assertThatThrownBy(() -> solution.featurePredictor(backend))
          .isInstanceOf(InvalidProblemException.class)
          .hasMessage(
              "weight-decay is 0.0; the kernel predictors need weight decay; use the outputs f");
      assertThatThrownBy(() -> solution.tangentPredictor(backend))
          .isInstanceOf(InvalidProblemException.class)
          .hasMessage("activation is tanh; the tangent predictor needs relu, leaky-relu or linear");
    }
  }
}
