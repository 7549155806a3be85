package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.sampling.Estimate;
import org.richkernel.solver.RunControl;
import org.richkernel.stack.FieldWidths;

/** Runs the solves of a {@link Search} in one sequence with one checkpoint. */
public final class SearchSolver {
  /** Factor of uncertainty of richness and noise if the linear counterpart replaces a network. */
  static final double MARGIN = 2;

  private final Backend backend;
  private final AdaptiveProblem problem;
  private final Search search;

  /**
   * @throws InvalidProblemException if the problem does not allow the search
   */
  public SearchSolver(Backend backend, AdaptiveProblem problem, Search search) {
    this.backend = backend;
    this.problem = problem;
    this.search = search;
    AdaptiveNbkSolver solver = new AdaptiveNbkSolver(backend, problem);
    boolean samples = solver.samples();
    boolean finite = !problem.options().extrapolates();
    if (search.start().isPresent() && !samples) {
      throw new InvalidProblemException(
          "warm-start", "given", "this problem has a closed form; leave it out");
    }
    if (search.second() == Search.SecondStart.YES) {
      requireSecondStart(samples, finite, solver.formsKernels());
    }
    if (finite
        && search.selection().map(Search.Selection::criterion).orElse(null)
            == Search.Criterion.EVIDENCE) {
      throw new InvalidProblemException(
          "select-by",
          "evidence",
          "a posterior at finite width has no action; use determinant weight 0, or validation");
    }
  }

  /** Refuses a second start that could not find another solution. */
  private void requireSecondStart(boolean samples, boolean finite, boolean kernels) {
    String why = null;
    if (finite) {
      why = "a posterior at finite width has no action";
    } else if (problem.network().hiddenLayers() == 1) {
      why = "one hidden layer has a single solution";
    } else if (!samples) {
      why = "this problem has a closed form, which finds every solution";
    } else if (search.start().isPresent()) {
      why = "a warm start chooses its solution itself";
    } else if (search.selection().isPresent()) {
      why = "a selection compares candidates from the prior";
    } else if (!kernels) {
      why = "it is planned with a P x P kernel, of at most --save-kernels-up-to points";
    }
    if (why != null) {
      throw new InvalidProblemException("second-start", "yes", why + "; use auto or no");
    }
  }

  /**
   * Runs all solves.
   *
   * @return empty if a stop was requested; the checkpoint then holds the state
   */
  public Optional<Search.Outcome> solve(RunControl control) {
    if (search.selection().isPresent()) {
      return new Selecting(backend, problem, search.selection().get(), control).run();
    }
    double[] gammas =
        search.path().map(GammaPath::gammas).orElse(new double[] {problem.options().gamma()});
    SolveSequence sequence = new SolveSequence(backend, control, gammas.length, start());
    Optional<LinearCounterpart> counterpart = counterpart();
    if (counterpart.isPresent()) {
      return new TwoStarts(problem, counterpart.get(), gammas, sequence)
          .run()
          .map(found -> outcome(sequence, found.path(), Optional.of(found.starts())));
    }
    List<PathPoint> points = new ArrayList<>();
    for (double gamma : gammas) {
      Optional<PathPoint> point =
          sequence.next(problem.at(gamma, problem.options().kappa()), false);
      if (point.isEmpty()) {
        return Optional.empty();
      }
      points.add(point.get());
    }
    return Optional.of(outcome(sequence, points, Optional.empty()));
  }

  private Search.Outcome outcome(
      SolveSequence sequence, List<PathPoint> points, Optional<Search.Starts> starts) {
    return new Search.Outcome(
        problem.options(),
        sequence.solution(),
        search.path().isPresent() ? rows(backend, problem, points) : List.of(),
        starts,
        List.of());
  }

  /** Whether the solver would make a second start if a second solution seemed possible. */
  private boolean mayStartTwice() {
    SaddleOptions options = problem.options();
    return search.second() != Search.SecondStart.NO
        && search.start().isEmpty()
        && search.selection().isEmpty()
        && problem.network().hiddenLayers() > 1
        && options.gamma() > 0
        && options.extrapolates()
        && new AdaptiveNbkSolver(backend, problem).samples()
        && new AdaptiveNbkSolver(backend, problem).formsKernels();
  }

  /** Additional host memory, bytes, for the populations of both starts. */
  public long keptBytes() {
    if (!mayStartTwice()) {
      return 0;
    }
    FieldWidths widths = new AdaptiveNbkSolver(backend, problem).layout().widths();
    int large = problem.options().samples();
    int small = large / 4;
    long numbers = (long) large * widths.width(large) + (long) small * widths.width(small);
    return 2 * ChainEnsemble.CHAINS * numbers * Float.BYTES;
  }

  /** The linear network for the plan of a second start; empty without a second start. */
  private Optional<LinearCounterpart> counterpart() {
    if (!mayStartTwice()) {
      return Optional.empty();
    }
    SaddleOptions options = problem.options();
    LinearCounterpart counterpart = LinearCounterpart.of(backend, problem);
    return search.second() == Search.SecondStart.YES
            || counterpart.hasSeveralSolutions(MARGIN * options.gamma(), MARGIN * options.kappa())
        ? Optional.of(counterpart)
        : Optional.empty();
  }

  /**
   * Refuses populations that do not fit the problem, before any solve.
   *
   * @throws InvalidProblemException if they are of another data set or network
   */
  public void requireStart() {
    start();
  }

  private @Nullable WarmStart start() {
    if (search.start().isEmpty()) {
      return null;
    }
    SampledInputs inputs = SampledInputs.of(backend, problem);
    EnsembleLayout layout = new AdaptiveNbkSolver(backend, problem).layout(inputs.factor().rank());
    return search
        .start()
        .get()
        .start(backend, problem, inputs.factor(), layout.form().fields(), layout.widths());
  }

  /** Richnesses above 0 up to that of a problem, dense enough for the action. */
  static double[] nodes(Backend backend, AdaptiveProblem problem) {
    AdaptiveProblem lazy = problem.at(0, problem.options().kappa());
    double scale = ActionIntegral.scale(InitialKernelSaddle.solve(backend, lazy).dualFit());
    return ActionIntegral.nodes(
        problem.options().gamma(), scale, TwoStarts.ACTION_SPACING, TwoStarts.ACTION_NODES);
  }

  /** The points with their actions; the integral starts at the exact value at gamma = 0. */
  static List<Search.PathRow> rows(
      Backend backend, AdaptiveProblem problem, List<PathPoint> points) {
    List<Search.PathRow> rows = new ArrayList<>();
    if (!problem.options().extrapolates()) {
      Estimate none = new Estimate(Double.NaN, Double.NaN);
      points.forEach(point -> rows.add(new Search.PathRow(point, none, Double.NaN)));
      return rows;
    }
    boolean fromZero = points.get(0).gamma() == 0;
    int shift = fromZero ? 0 : 1;
    int n = points.size() + shift;
    double[] gammas = new double[n];
    Estimate[] fits = new Estimate[n];
    for (int i = shift; i < n; i++) {
      gammas[i] = points.get(i - shift).gamma();
      fits[i] = points.get(i - shift).dualFit();
    }
    if (!fromZero) {
      AdaptiveProblem lazy = problem.at(0, problem.options().kappa());
      fits[0] = InitialKernelSaddle.solve(backend, lazy).dualFit();
    }
    ActionIntegral.Cumulative action = ActionIntegral.overGamma(gammas, fits);
    for (int i = shift; i < n; i++) {
      rows.add(
          new Search.PathRow(
              points.get(i - shift),
              new Estimate(action.value()[i], action.error()[i]),
              action.grid()));
    }
    return rows;
  }
}
