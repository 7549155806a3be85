package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.RunControl;

/** Runs the solves of a {@link Search} in one sequence with one checkpoint. */
public final class SearchSolver {
  /** Fewest richnesses of a path that is made for its action alone. */
  private static final int ACTION_NODES = 10;

  /** Their largest spacing, see {@link ActionIntegral}. */
  private static final double ACTION_SPACING = 0.5;

  /** Largest ratio of the noises of a path. */
  private static final double NOISE_RATIO = 2;

  /** Noise above this share of what the initial kernel makes of the targets may be bistable. */
  private static final double NOISE_OF_TWO_PHASES = 0.25;

  /** Noise of the aligned start, as a share of the same: one solution at every richness. */
  private static final double NOISE_OF_ONE_PHASE = 0.02;

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
    boolean samples = new AdaptiveNbkSolver(backend, problem).samples();
    boolean finite = !problem.options().extrapolates();
    if (search.start().isPresent() && !samples) {
      throw new InvalidProblemException(
          "warm-start", "given", "this problem has a closed form; leave it out");
    }
    if (finite && search.second() == Search.SecondStart.YES) {
      throw new InvalidProblemException(
          "second-start", "yes", "a posterior at finite width has no action; use no");
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

  /**
   * Runs all solves.
   *
   * @return empty if a stop was asked for; the checkpoint then holds the state
   */
  public Optional<Search.Outcome> solve(RunControl control) {
    if (search.selection().isPresent()) {
      return new Selecting(backend, problem, search.selection().get(), control).run();
    }
    boolean twice = secondStart();
    double[] gammas = gammas(twice);
    Search.@Nullable StartRow aligned = null;
    double[] kappas = twice ? kappas() : new double[0];
    int total = gammas.length + (twice ? nodes(kappas[0]).length + kappas.length : 0);
    SolveSequence sequence = new SolveSequence(backend, control, total, start());
    if (twice) {
      Optional<Search.StartRow> end = alignedStart(sequence, kappas);
      if (end.isEmpty()) {
        return Optional.empty();
      }
      aligned = end.get();
    }
    List<PathPoint> points = new ArrayList<>();
    for (int i = 0; i < gammas.length; i++) {
      boolean fresh = twice && i == 0;
      Optional<PathPoint> point = sequence.next(at(gammas[i], problem.options().kappa()), fresh);
      if (point.isEmpty()) {
        return Optional.empty();
      }
      points.add(point.get());
    }
    List<Search.PathRow> rows =
        gammas.length < 2 && !twice ? List.of() : rows(backend, problem, points);
    List<Search.StartRow> starts = List.of();
    if (aligned != null) {
      Search.PathRow last = rows.get(rows.size() - 1);
      double gain = last.action().value() - aligned.action().value();
      double error = Math.hypot(last.action().error(), aligned.action().error());
      // An action that is not known to a quarter of the gain says nothing.
      boolean better = gain > 4 * error && distinct(last, aligned);
      starts =
          List.of(
              new Search.StartRow("lazy", last.point(), last.action(), last.actionGrid(), !better),
              new Search.StartRow(
                  "aligned", aligned.point(), aligned.action(), aligned.actionGrid(), better));
      if (better) {
        sequence.continueFrom(0);
        if (sequence.next(problem, false).isEmpty()) {
          return Optional.empty();
        }
      }
    }
    return Optional.of(
        new Search.Outcome(
            problem.options(),
            sequence.solution(),
            search.path().isPresent() ? rows : List.of(),
            starts,
            List.of()));
  }

  /**
   * Refuses populations that do not fit the problem, before anything is solved.
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
    int points = problem.trainInputs().rows();
    InputFactor input =
        InputFactor.of(
            backend,
            problem.network(),
            problem.trainInputs().toArray(),
            points,
            problem.trainInputs().dimension());
    int width = input.rank() + (problem.network().hiddenLayers() - 1) * points;
    return search.start().get().start(problem.options(), width);
  }

  /** Richnesses of the way from the prior to the problem, or of the path that was asked for. */
  private double[] gammas(boolean twice) {
    if (search.path().isPresent()) {
      return search.path().get().gammas();
    }
    return twice ? nodes(problem.options().kappa()) : new double[] {problem.options().gamma()};
  }

  private double[] nodes(double kappa) {
    return nodes(backend, at(problem.options().gamma(), kappa));
  }

  /** Richnesses from 0, which is left out, to that of a problem, dense enough for the action. */
  static double[] nodes(Backend backend, AdaptiveProblem problem) {
    AdaptiveProblem lazy = at(problem, 0, problem.options().kappa());
    double scale = ActionIntegral.scale(InitialKernelSaddle.solve(backend, lazy).dualFit());
    return ActionIntegral.nodes(problem.options().gamma(), scale, ACTION_SPACING, ACTION_NODES);
  }

  private AdaptiveProblem at(double gamma, double kappa) {
    return at(problem, gamma, kappa);
  }

  static AdaptiveProblem at(AdaptiveProblem problem, double gamma, double kappa) {
    SaddleOptions options = problem.options().withGamma(gamma);
    return new AdaptiveProblem(
        problem.network(),
        kappa == options.kappa() ? options : options.withBeta(1 / kappa),
        problem.trainInputs(),
        problem.trainTargets(),
        problem.testInputs());
  }

  /** y^T K y / |y|^2 of the initial readout kernel. */
  private double initialSignal() {
    AdaptiveNbkSolution lazy = InitialKernelSaddle.solve(backend, at(0, problem.options().kappa()));
    AdaptiveNbkSolution.Layer top = lazy.layers().get(lazy.layers().size() - 1);
    return problem.network().weightVariance(problem.network().hiddenLayers())
        * top.alignment().value()
        * top.frobenius().value();
  }

  private boolean secondStart() {
    if (search.second() == Search.SecondStart.NO
        || problem.network().hiddenLayers() < 2
        || problem.options().gamma() == 0
        || !problem.options().extrapolates()
        || !new AdaptiveNbkSolver(backend, problem).samples()) {
      return false;
    }
    return search.second() == Search.SecondStart.YES
        || problem.options().kappa() > NOISE_OF_TWO_PHASES * initialSignal();
  }

  /** From little noise, where there is one phase, by factors of at most 2 to the problem's. */
  private double[] kappas() {
    double kappa = problem.options().kappa();
    double least = Math.min(0.5 * kappa, NOISE_OF_ONE_PHASE * initialSignal());
    int count = Math.max(4, 1 + (int) Math.ceil(Math.log(kappa / least) / Math.log(NOISE_RATIO)));
    double[] kappas = new double[count];
    for (int i = 0; i < count; i++) {
      kappas[i] = i == count - 1 ? kappa : least * Math.pow(kappa / least, i / (count - 1.0));
    }
    return kappas;
  }

  /** Up in richness at little noise, then up in noise at the richness of the problem. */
  private Optional<Search.StartRow> alignedStart(SolveSequence sequence, double[] kappas) {
    double gamma = problem.options().gamma();
    List<PathPoint> rising = new ArrayList<>();
    for (double g : nodes(kappas[0])) {
      Optional<PathPoint> point = sequence.next(at(g, kappas[0]), rising.isEmpty());
      if (point.isEmpty()) {
        return Optional.empty();
      }
      rising.add(point.get());
    }
    List<PathPoint> noisier = new ArrayList<>();
    noisier.add(rising.get(rising.size() - 1));
    for (int i = 1; i < kappas.length; i++) {
      Optional<PathPoint> point = sequence.next(at(gamma, kappas[i]), false);
      if (point.isEmpty()) {
        return Optional.empty();
      }
      noisier.add(point.get());
    }
    sequence.keep();
    List<Search.PathRow> first = rows(backend, at(gamma, kappas[0]), rising);
    AdaptiveNbkSolution.Estimate[] squares =
        noisier.stream().map(PathPoint::dualSquare).toArray(AdaptiveNbkSolution.Estimate[]::new);
    ActionIntegral.Cumulative second = ActionIntegral.overKappa(gamma, kappas, squares);
    Search.PathRow before = first.get(first.size() - 1);
    int last = kappas.length - 1;
    double error = Math.hypot(before.action().error(), second.error()[last]);
    double grid = before.actionGrid() + (Double.isNaN(second.grid()) ? 0 : second.grid());
    return Optional.of(
        new Search.StartRow(
            "aligned",
            noisier.get(last),
            new AdaptiveNbkSolution.Estimate(before.action().value() + second.value()[last], error),
            grid,
            false));
  }

  /** Whether two solutions differ by more than their errors. */
  private static boolean distinct(Search.PathRow lazy, Search.StartRow aligned) {
    AdaptiveNbkSolution.Estimate a = lazy.point().dualFit();
    AdaptiveNbkSolution.Estimate b = aligned.point().dualFit();
    double difference = Math.abs(a.value() - b.value());
    return difference > 4 * Math.hypot(a.error(), b.error())
        && difference > 0.01 * Math.abs(a.value());
  }

  /** The points with their actions; the integral starts at the exact value at gamma = 0. */
  static List<Search.PathRow> rows(
      Backend backend, AdaptiveProblem problem, List<PathPoint> points) {
    List<Search.PathRow> rows = new ArrayList<>();
    if (!problem.options().extrapolates()) {
      AdaptiveNbkSolution.Estimate none = new AdaptiveNbkSolution.Estimate(Double.NaN, Double.NaN);
      points.forEach(point -> rows.add(new Search.PathRow(point, none, Double.NaN)));
      return rows;
    }
    boolean fromZero = points.get(0).gamma() == 0;
    int shift = fromZero ? 0 : 1;
    int n = points.size() + shift;
    double[] gammas = new double[n];
    AdaptiveNbkSolution.Estimate[] fits = new AdaptiveNbkSolution.Estimate[n];
    for (int i = shift; i < n; i++) {
      gammas[i] = points.get(i - shift).gamma();
      fits[i] = points.get(i - shift).dualFit();
    }
    if (!fromZero) {
      AdaptiveProblem lazy = at(problem, 0, problem.options().kappa());
      fits[0] = InitialKernelSaddle.solve(backend, lazy).dualFit();
    }
    ActionIntegral.Cumulative action = ActionIntegral.overGamma(gammas, fits);
    for (int i = shift; i < n; i++) {
      rows.add(
          new Search.PathRow(
              points.get(i - shift),
              new AdaptiveNbkSolution.Estimate(action.value()[i], action.error()[i]),
              action.grid()));
    }
    return rows;
  }
}
