package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

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
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.sampling.Estimate;
import org.richkernel.solver.RunControl;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.FieldShape;

/** Action along a path against closed forms, and selections by it and by validation. */
class ActionTest {
  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static AdaptiveProblem digits(NetworkSpec network, SaddleOptions options, int points) {
    return AdaptiveProblem.of(
        network,
        options,
        ReferenceDigits.trainInputs(points),
        ReferenceDigits.trainTargets(points));
  }

  private static Search path(GammaPath path) {
    return new Search(Optional.of(path), Optional.empty(), Search.SecondStart.NO, Optional.empty());
  }

  /** Exact points of a linear network: what is left is the quadrature, which states its error. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void actionOfALinearPathIsThatOfTheClosedForm(int depth) {
    AdaptiveProblem problem =
        digits(NetworkSpec.of(depth, Activation.LINEAR), SaddleOptions.of(2, 10), 20);
    Search.Outcome outcome =
        new SearchSolver(backend, problem, path(new GammaPath(0, 2, 41)))
            .solve(RunControl.silent())
            .orElseThrow();
    assertThat(outcome.path()).hasSize(41);
    for (int i : new int[] {10, 20, 40}) {
      Search.PathRow row = outcome.path().get(i);
      AdaptiveProblem there =
          digits(
              NetworkSpec.of(depth, Activation.LINEAR),
              SaddleOptions.of(row.point().gamma(), 10),
              20);
      double exact =
          new AdaptiveNbkSolver(backend, there).solve(RunControl.silent()).roots().get(0).action();
      assertThat(row.action().value()).isCloseTo(exact, within(2e-3 * exact));
      assertThat(row.action().error()).isZero();
    }
    double last = outcome.path().get(40).action().value();
    assertThat(outcome.path().get(40).actionGrid()).isLessThan(0.02 * last);
  }

  /**
   * ln p(Y) = -N S + (P / 2) ln(gamma^2 N / 2 pi) - (1/2) ln det A for a linear network, whose S
   * and A are exact; so the best candidate is known.
   */
  @Test
  void evidenceChoosesTheCandidateOfLargestEvidence() {
    int points = 20;
    int width = 100;
    NetworkSpec network = NetworkSpec.of(2, Activation.LINEAR);
    List<Double> gammas = List.of(0.1, 0.2, 0.4, 0.8, 1.2, 1.6);
    List<Double> betas = List.of(2.0, 20.0);
    Search search =
        new Search(
            Optional.empty(),
            Optional.empty(),
            Search.SecondStart.NO,
            Optional.of(new Search.Selection(Search.Criterion.EVIDENCE, gammas, betas, width, 0)));
    Search.Outcome outcome =
        new SearchSolver(backend, digits(network, SaddleOptions.of(1, 10), points), search)
            .solve(RunControl.silent())
            .orElseThrow();
    assertThat(outcome.candidates()).hasSize(12);
    double best = Double.NEGATIVE_INFINITY;
    Search.Candidate chosen = null;
    for (Search.Candidate candidate : outcome.candidates()) {
      AdaptiveProblem there =
          digits(network, SaddleOptions.of(candidate.gamma(), candidate.beta()), points);
      AdaptiveNbkSolution solution =
          new AdaptiveNbkSolver(backend, there).solve(RunControl.silent());
      var a = ReferencePotential.matrix(solution.kernels().get(1), points);
      for (int i = 0; i < points; i++) {
        a.addToEntry(i, i, 1 / candidate.beta());
      }
      double determinant = new org.apache.commons.math3.linear.LUDecomposition(a).getDeterminant();
      double exact =
          -width * solution.roots().get(0).action()
              + 0.5
                  * points
                  * Math.log(candidate.gamma() * candidate.gamma() * width / (2 * Math.PI))
              - 0.5 * Math.log(determinant);
      assertThat(candidate.score().value()).isCloseTo(exact, within(1 + 0.02 * Math.abs(exact)));
      if (exact > best) {
        best = exact;
        chosen = candidate;
      }
    }
    assertThat(chosen.chosen()).isTrue();
    assertThat(outcome.candidates().stream().filter(Search.Candidate::chosen)).hasSize(1);
    assertThat(outcome.options().gamma()).isEqualTo(chosen.gamma());
    assertThat(1 / outcome.options().kappa()).isCloseTo(chosen.beta(), within(1e-9));
  }

  @Test
  void validationChoosesTheCandidateOfSmallestLoss() {
    Search search =
        new Search(
            Optional.empty(),
            Optional.empty(),
            Search.SecondStart.NO,
            Optional.of(
                new Search.Selection(
                    Search.Criterion.VALIDATION, List.of(0.5), List.of(0.01, 10.0), 0, 0.25)));
    Search.Outcome outcome =
        new SearchSolver(
                backend,
                digits(NetworkSpec.of(1, Activation.LINEAR), SaddleOptions.of(0.5, 10), 40),
                search)
            .solve(RunControl.silent())
            .orElseThrow();
    assertThat(outcome.candidates()).hasSize(2);
    // noise of 100 drowns the targets
    assertThat(outcome.options().beta()).isCloseTo(10.0, within(1e-9));
    assertThat(outcome.candidates().get(0).score().value())
        .isGreaterThan(outcome.candidates().get(1).score().value());
    assertThat(outcome.solution().trainPredictions()).hasSize(40);
  }

  private static Search.Candidate candidate(double score, boolean converged, boolean chosen) {
    return new Search.Candidate(1, 1, converged, new Estimate(score, 0), chosen);
  }

  private static int best(Search.Criterion criterion, Search.Candidate... candidates) {
    return Selecting.best(List.of(candidates), criterion);
  }

  @Test
  void scoresThatAreUnknownOrOfUnconvergedSolvesDoNotWin() {
    Search.Candidate unknown = candidate(Double.NaN, true, false);
    Search.Candidate low = candidate(1, true, false);
    Search.Candidate high = candidate(2, true, false);
    Search.Candidate lowest = candidate(0, false, false);
    Search.Candidate highest = candidate(3, false, false);
    for (Search.Criterion criterion : Search.Criterion.values()) {
      boolean evidence = criterion == Search.Criterion.EVIDENCE;
      assertThat(best(criterion, unknown, low, high)).isEqualTo(evidence ? 2 : 1);
      assertThat(best(criterion, low, unknown, high)).isEqualTo(evidence ? 2 : 0);
      assertThat(best(criterion, lowest, highest, low, high)).isEqualTo(evidence ? 3 : 2);
      assertThat(best(criterion, lowest, highest)).isEqualTo(evidence ? 1 : 0);
      assertThat(best(criterion, unknown, lowest)).isEqualTo(1);
      assertThat(best(criterion, unknown, unknown)).isZero();
    }
  }

  /** The solution itself is exact here; what it was chosen for is not known. */
  @Test
  void selectionByUnconvergedOrUnknownScoresHasNotConverged() {
    AdaptiveProblem problem =
        digits(NetworkSpec.of(1, Activation.LINEAR), SaddleOptions.of(1, 10), 10);
    AdaptiveNbkSolution solution =
        new AdaptiveNbkSolver(backend, problem).solve(RunControl.silent());
    assertThat(outcome(problem, solution, candidate(1, true, true)).converged()).isTrue();
    assertThat(outcome(problem, solution, candidate(1, false, true)).converged()).isFalse();
    assertThat(outcome(problem, solution, candidate(Double.NaN, true, true)).converged()).isFalse();
  }

  private static Search.Outcome outcome(
      AdaptiveProblem problem, AdaptiveNbkSolution solution, Search.Candidate chosen) {
    return new Search.Outcome(
        problem.options(),
        solution,
        List.of(),
        Optional.empty(),
        List.of(candidate(5, false, false), chosen));
  }

  @Test
  void evidenceAmongRichnessZeroIsRefused() {
    List<Double> betas = List.of(1.0, 10.0);
    assertThatThrownBy(
            () -> new Search.Selection(Search.Criterion.EVIDENCE, List.of(0.0), betas, 100, 0))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("select-by is evidence among 0 candidates");
    assertThatThrownBy(
            () ->
                new Search.Selection(
                    Search.Criterion.EVIDENCE, List.of(0.0, 1.0), List.of(1.0), 100, 0))
        .hasMessageContaining("among 1 candidates");
    assertThatThrownBy(
            () -> new Search.Selection(Search.Criterion.VALIDATION, List.of(-1.0), betas, 0, 0.2))
        .hasMessageContaining("gamma");
    assertThat(new Search.Selection(Search.Criterion.VALIDATION, List.of(0.0), betas, 0, 0.2))
        .isNotNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "0:1", "0:1:x", "1:1:3", "0:1:1", "-1:1:3", "0:1:3:4", "0:NaN:3"})
  void pathsThatMakeNoSenseAreRefused(String text) {
    assertThatThrownBy(() -> GammaPath.parse(text))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("gamma-path");
  }

  @Test
  void populationsOfAnotherProblemAreRefused() {
    Populations other =
        new Populations(1, 0.1, 5, new int[] {4}, new double[] {0.1}, new float[20]);
    FieldShape shape =
        FieldShape.of(NetworkSpec.of(1, Activation.TANH), 20, 30, FieldForm.WHITENED);
    assertThatThrownBy(() -> other.start(SaddleOptions.of(1, 10), FieldForm.WHITENED, shape))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("warm-start")
        .hasMessageContaining("5 columns");
  }
}
