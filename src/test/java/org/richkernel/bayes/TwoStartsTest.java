package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.Convolutions;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.SampledVector;
import org.richkernel.solver.InMemoryCheckpoints;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;
import org.richkernel.solver.StopSignal;

/** A second start, against all roots of linear networks that a vanishing bias makes sampled. */
class TwoStartsTest {
  private static final double[] Y = {Math.sqrt(0.5), -Math.sqrt(0.5)};

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  @AfterEach
  void close() {
    backend.close();
  }

  /** Two hidden layers, C = I, |y| = 1; a bias variance of 1e-12 rules the closed form out. */
  private static AdaptiveProblem linear(double gamma, double kappa, int samples, int sweeps) {
    return AdaptiveProblem.of(
        NetworkSpec.of(2, Activation.LINEAR).withBiasVariance(1e-12),
        new SaddleOptions(gamma, 1 / kappa, samples, 0, 5, 0.05, sweeps),
        LinearCounterpartTest.diagonal(1, 1),
        Targets.of(Y, 2, 1));
  }

  /**
   * Two images of two sites and two channels on a circle, whose means over sites are those of
   * {@link #linear}: the zero mode of a linear convolutional network read out by means over sites
   * obeys the saddle equations of that dense network, while the sites themselves differ.
   */
  private static AdaptiveProblem circle(double gamma, double kappa, int samples, int sweeps) {
    double a = Math.sqrt(2);
    double[] x = {a + 0.7, -0.4, a - 0.7, 0.4, 0.3, a + 0.5, -0.3, a - 0.5};
    Convolutions layers =
        Convolutions.parse("1x2,1x2")
            .withPadding(SiteMap.Padding.CIRCULAR)
            .withReadout(SiteReadout.GAP);
    AdaptiveProblem dense = linear(gamma, kappa, samples, sweeps);
    return AdaptiveProblem.of(
        dense.network().withConvolutions(layers),
        dense.options(),
        Inputs.of(x, 2, 4).withShape(new ImageShape(1, 2, 2)),
        dense.trainTargets());
  }

  private static Search starting(Search.SecondStart when) {
    return new Search(Optional.empty(), Optional.empty(), when, Optional.empty());
  }

  private Search.Outcome solve(AdaptiveProblem problem, Search.SecondStart when) {
    return new SearchSolver(backend, problem, starting(when))
        .solve(RunControl.silent())
        .orElseThrow();
  }

  /** Roots in rising order of t. */
  private static List<LinearSaddle.Root> roots(double gamma, double kappa) {
    return new LinearRoots(new double[] {1}, new double[] {1}, 2, gamma, kappa)
        .all().stream().sorted(Comparator.comparingDouble(LinearSaddle.Root::t)).toList();
  }

  /**
   * gamma = 400 and kappa = 1000 have the roots t = 0.24871, 4.39079, 38.20692 with S = 79.902,
   * 80.447, 66.069: the prior leads to a metastable solution. Numbers agree within four of their
   * stated errors, and the errors are small against what tells the solutions apart.
   */
  @Test
  void startsFindBothSolutionsOfABistableNetworkAndTheirActions() {
    double gamma = 400;
    double kappa = 1000;
    List<LinearSaddle.Root> roots = roots(gamma, kappa);
    assertThat(roots).hasSize(3);
    LinearSaddle.Root metastable = roots.get(0);
    LinearSaddle.Root stable = roots.get(2);

    Search.Outcome outcome = solve(linear(gamma, kappa, 128, 2000), Search.SecondStart.AUTO);

    Search.Starts starts = outcome.starts().orElseThrow();
    assertThat(starts.verdict()).isEqualTo(Search.Verdict.TWO_SOLUTIONS);
    assertThat(starts.chosen().name()).isEqualTo("aligned");
    requireSolution(starts.lazy().point().layers(), metastable);
    requireSolution(starts.aligned().point().layers(), stable);
    requireSolution(outcome.solution().layers(), stable);
    requireAction(starts.lazy(), metastable);
    requireAction(starts.aligned(), stable);
    double gain = metastable.action() - stable.action();
    assertThat(starts.gain().error()).isLessThan(0.1 * gain);
    assertThat(starts.gain().value()).isCloseTo(gain, within(4 * starts.gain().error()));
  }

  /**
   * The same solutions, of convolutions: the second start is planned as for the dense network, and
   * the way around the transition ends in the stable solution, the prior in the other one.
   */
  @Test
  void startsOfABistableConvolutionalNetworkEndApart() {
    AdaptiveProblem problem = circle(400, 1000, 64, 2000);
    LinearCounterpart counterpart = LinearCounterpart.of(backend, problem);
    assertThat(counterpart.hasSeveralSolutions(400, 1000)).isTrue();
    double single = counterpart.noiseOfOneSolution(400, 1000);
    assertThat(single)
        .isCloseTo(
            LinearCounterpart.of(backend, linear(400, 1000, 64, 20)).noiseOfOneSolution(400, 1000),
            within(1e-6 * single));
    assertThat(new SearchSolver(backend, problem, starting(Search.SecondStart.AUTO)).keptBytes())
        .isPositive();

    SolveSequence sequence = new SolveSequence(backend, RunControl.silent(), 5, null);
    for (double kappa : new double[] {single / 4, single, 4 * single}) {
      assertThat(sequence.pass(problem.at(400, kappa), kappa < single)).isPresent();
    }
    PathPoint aligned = sequence.next(problem, false).orElseThrow();
    PathPoint lazy = sequence.next(problem, true).orElseThrow();

    List<LinearSaddle.Root> roots = roots(400, 1000);
    requireSolution(aligned.layers(), roots.get(2));
    requireSolution(lazy.layers(), roots.get(0));
  }

  /** Phi^l = I + ((1 + t)^l - 1) y y^T, whose trace over P = 2 is (1 + (1 + t)^l) / 2. */
  private static void requireSolution(
      List<AdaptiveNbkSolution.Layer> layers, LinearSaddle.Root root) {
    for (int l = 1; l <= 2; l++) {
      double expected = (1 + Math.pow(1 + root.t(), l)) / 2;
      Estimate trace = layers.get(l - 1).trace();
      assertThat(trace.error()).as("error of layer %d", l).isLessThan(0.05 * expected);
      assertThat(trace.value())
          .as("trace of layer %d at t = %f", l, root.t())
          .isCloseTo(expected, within(4 * trace.error()));
    }
  }

  private static void requireAction(Search.StartRow start, LinearSaddle.Root root) {
    assertThat(start.totalError()).isLessThan(0.02 * root.action());
    assertThat(start.action().value())
        .as("action of the %s start", start.name())
        .isCloseTo(root.action(), within(4 * start.totalError()));
  }

  /**
   * The linear counterpart of kappa = 50 has one solution at every richness, of kappa = 100 it has
   * several: the second start is made and agrees with the first.
   */
  @Test
  void startsThatAgreeFindOneSolution() {
    requireOneSolution(linear(30, 50, 128, 2000));
  }

  @Test
  void startsOfConvolutionsThatAgreeFindOneSolution() {
    requireOneSolution(circle(30, 50, 128, 2000));
  }

  private void requireOneSolution(AdaptiveProblem problem) {
    double gamma = problem.options().gamma();
    double kappa = problem.options().kappa();
    assertThat(roots(gamma, kappa)).hasSize(1);

    Search.Outcome outcome = solve(problem, Search.SecondStart.AUTO);

    Search.Starts starts = outcome.starts().orElseThrow();
    assertThat(starts.verdict()).isEqualTo(Search.Verdict.ONE_SOLUTION);
    assertThat(starts.gain().value()).isNaN();
    assertThat(starts.alignedNoise()).isLessThan(kappa / 2);
    requireSolution(starts.lazy().point().layers(), roots(gamma, kappa).get(0));
    requireSolution(starts.aligned().point().layers(), roots(gamma, kappa).get(0));
    requireSolution(outcome.solution().layers(), roots(gamma, kappa).get(0));
  }

  /** Without being asked, a fit at usual noise has the bits of one without a second start. */
  @Test
  void aFitAtUsualNoiseStartsOnceUnlessAsked() {
    AdaptiveProblem problem =
        AdaptiveProblem.of(
            NetworkSpec.of(2, Activation.TANH),
            new SaddleOptions(0.5, 10, 64, 0, 5, 1, 20),
            ReferenceDigits.trainInputs(8),
            ReferenceDigits.trainTargets(8));
    Search.Outcome alone = solve(problem, Search.SecondStart.NO);
    Search.Outcome auto = solve(problem, Search.SecondStart.AUTO);
    Search.Outcome asked = solve(problem, Search.SecondStart.YES);

    assertThat(auto.starts()).isEmpty();
    assertThat(auto.solution().dual()).containsExactly(alone.solution().dual());
    assertThat(asked.starts().orElseThrow().verdict()).isEqualTo(Search.Verdict.ONE_SOLUTION);
  }

  private static Search.StartRow row(
      String name, boolean converged, double action, double error, double grid) {
    double[] none = {};
    Estimate one = Estimate.exact(1);
    PathPoint end =
        new PathPoint(
            1,
            1,
            StopReason.CONVERGED,
            0,
            Certificate.exact(0),
            List.of(),
            List.of(),
            one,
            one,
            SampledVector.exact(none),
            SampledVector.exact(none));
    return new Search.StartRow(name, end, new Estimate(action, error), grid, converged);
  }

  private static Search.StartRow aligned(double action, double error, double grid) {
    return row("aligned", true, action, error, grid);
  }

  /** Errors of sampling and of the quadrature count alike; an unknown one decides nothing. */
  @Test
  void actionsThatOverlapAreUndecided() {
    Search.StartRow lazy = row("lazy", true, 80, 0.3, 0.4);
    assertThat(Search.Starts.ofTwoSolutions(1, lazy, aligned(78, 0, 0), 3).verdict())
        .isEqualTo(Search.Verdict.TWO_SOLUTIONS);
    assertThat(Search.Starts.ofTwoSolutions(1, lazy, aligned(78, 0, 0), 5).verdict())
        .isEqualTo(Search.Verdict.UNDECIDED);
    assertThat(Search.Starts.ofTwoSolutions(1, lazy, aligned(81.4, 0, 0.5), 3).verdict())
        .isEqualTo(Search.Verdict.UNDECIDED);
    assertThat(Search.Starts.ofTwoSolutions(1, lazy, aligned(70, Double.NaN, 0), 3).verdict())
        .isEqualTo(Search.Verdict.UNDECIDED);
    assertThat(Search.Starts.ofTwoSolutions(1, lazy, aligned(90, 0, 0), 3).chosen()).isSameAs(lazy);
  }

  /** Its chains may be stuck, or have gone from one solution to the other while averaged. */
  @Test
  void aSolveThatHasNotConvergedLeavesTheActionsUndecided() {
    Search.StartRow lazy = row("lazy", false, 80, 0.3, 0.4);
    assertThat(Search.Starts.ofTwoSolutions(1, lazy, aligned(70, 0, 0), 3).verdict())
        .isEqualTo(Search.Verdict.UNDECIDED);
  }

  /**
   * Stops on the way up in noise, in the comparison of the actions, and in the last solve, which
   * takes up populations that were kept before.
   */
  @ParameterizedTest
  @ValueSource(ints = {3, 12, 28})
  void aSecondStartThatIsStoppedAndResumedHasTheBitsOfTheUninterruptedOne(int solve) {
    AdaptiveProblem problem = linear(400, 1000, 64, 20);
    SearchSolver solver = new SearchSolver(backend, problem, starting(Search.SecondStart.AUTO));
    Search.Outcome expected = solver.solve(RunControl.silent()).orElseThrow();
    InMemoryCheckpoints store = new InMemoryCheckpoints();
    StopSignal signal = new StopSignal();
    Progress.Listener listener =
        progress -> {
          if (progress.phase().startsWith("solve " + solve + " of")) {
            signal.raise();
          }
        };
    assertThat(solver.solve(new RunControl(listener, signal, store))).isEmpty();

    Search.Outcome resumed =
        solver
            .solve(new RunControl(Progress.Listener.silent(), new StopSignal(), store))
            .orElseThrow();

    assertThat(resumed.solution().dual()).containsExactly(expected.solution().dual());
    assertThat(resumed.starts().orElseThrow().gain())
        .isEqualTo(expected.starts().orElseThrow().gain());
  }

  @Test
  void aSecondStartIsRefusedWhereItCouldFindNothing() {
    AdaptiveProblem deep = linear(1, 0.1, 64, 20);
    requireRefused(
        new AdaptiveProblem(
            NetworkSpec.of(1, Activation.TANH),
            deep.options(),
            deep.trainInputs(),
            deep.trainTargets(),
            deep.testInputs()),
        "single solution");
    requireRefused(
        new AdaptiveProblem(
            NetworkSpec.of(2, Activation.LINEAR),
            deep.options(),
            deep.trainInputs(),
            deep.trainTargets(),
            deep.testInputs()),
        "closed form");
    requireRefused(
        new AdaptiveProblem(
            deep.network(),
            deep.options().withDeterminantWeight(1),
            deep.trainInputs(),
            deep.trainTargets(),
            deep.testInputs()),
        "finite width");
  }

  private void requireRefused(AdaptiveProblem problem, String why) {
    assertThatThrownBy(() -> new SearchSolver(backend, problem, starting(Search.SecondStart.YES)))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("second-start is yes")
        .hasMessageContaining(why);
  }
}
