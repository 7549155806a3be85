package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.richkernel.sampling.Estimate;

/**
 * Solves a problem twice, from the prior and from an aligned state. If the solutions differ the
 * smaller action decides which one is stable.
 *
 * <p>Two solutions coexist only above a critical noise. The aligned start goes around the critical
 * point: up in richness at so little noise that every richness has one solution, then up in noise.
 * Both paths begin at gamma = 0, where the action is 0, so integrals along them give the actions of
 * both ends. They are computed only if the ends differ.
 */
final class TwoStarts {
  /**
   * Factor of the noise of the aligned start below the first transition of the linear counterpart.
   */
  private static final double NOISE_MARGIN = 4;

  /** Largest ratio of neighbouring noises. */
  private static final double NOISE_RATIO = 2;

  /** Smallest number of noises on the path up. */
  private static final int LEAST_NOISES = 5;

  /** Smallest number of richnesses on a path for an action. */
  static final int ACTION_NODES = 10;

  /** Largest spacing of these richnesses, see {@link ActionIntegral}. */
  static final double ACTION_SPACING = 0.5;

  /** Largest ratio of two richnesses that count as one. */
  private static final double CLOSE = 1.1;

  /** Number of standard errors beyond which solutions differ. */
  private static final double DISTINCT = 4;

  /** Number of standard errors of a difference of actions that decides. */
  private static final double DECIDED = 3;

  private final AdaptiveProblem problem;
  private final LinearCounterpart counterpart;
  private final double[] gammas;
  private final SolveSequence sequence;
  private final double gamma;
  private final double kappa;
  private final double[] kappas;

  /**
   * @param gammas richnesses of the path from the prior; the last is that of the problem
   * @param counterpart of the problem's network
   */
  TwoStarts(
      AdaptiveProblem problem,
      LinearCounterpart counterpart,
      double[] gammas,
      SolveSequence sequence) {
    this.problem = problem;
    this.counterpart = counterpart;
    this.gammas = gammas;
    this.sequence = sequence;
    gamma = problem.options().gamma();
    kappa = problem.options().kappa();
    kappas = kappas();
  }

  /**
   * Result of both starts.
   *
   * @param path solutions from the prior at the requested richnesses
   * @param starts both ends; the sequence ends with the stable one
   */
  record Found(List<PathPoint> path, Search.Starts starts) {}

  /**
   * Noises from a small one to the problem's, with equal ratios of at most {@link #NOISE_RATIO}.
   */
  private double[] kappas() {
    double margin = SearchSolver.MARGIN;
    double single = counterpart.noiseOfOneSolution(margin * gamma, kappa);
    double least = single / NOISE_MARGIN;
    int steps = (int) Math.ceil(Math.log(kappa / least) / Math.log(NOISE_RATIO) - 1e-9);
    int count = Math.max(LEAST_NOISES, 1 + steps);
    double[] all = new double[count];
    for (int i = 0; i < count; i++) {
      all[i] = i == count - 1 ? kappa : least * Math.pow(kappa / least, i / (count - 1.0));
    }
    return all;
  }

  /**
   * Runs all solves.
   *
   * @return empty if a stop was requested
   */
  Optional<Found> run() {
    sequence.expect(kappas.length + gammas.length);
    List<AdaptiveProblem> noisier = new ArrayList<>();
    for (int i = 0; i < kappas.length - 1; i++) {
      noisier.add(withoutTests(gamma, kappas[i]));
    }
    noisier.add(problem);
    Optional<List<PathPoint>> aligned = through(noisier, sequence::pass);
    if (aligned.isEmpty()) {
      return Optional.empty();
    }
    sequence.keep();
    Optional<List<PathPoint>> lazy = through(path(), sequence::next);
    if (lazy.isEmpty()) {
      return Optional.empty();
    }
    PathPoint alignedEnd = last(aligned.get());
    PathPoint lazyEnd = last(lazy.get());
    if (!areDistinct(lazyEnd, alignedEnd)) {
      return Optional.of(
          new Found(lazy.get(), Search.Starts.ofOneSolution(kappas[0], lazyEnd, alignedEnd)));
    }
    sequence.keep();
    return compare(aligned.get(), lazy.get());
  }

  /** Computes both actions, then solves again for the solution of the smaller one. */
  private Optional<Found> compare(List<PathPoint> aligned, List<PathPoint> lazy) {
    double[] lowNodes = nodes(kappas[0]);
    double[] before = Arrays.copyOf(lowNodes, lowNodes.length - 1);
    double[] missing =
        Arrays.stream(nodes(kappa))
            .filter(node -> lazy.stream().noneMatch(point -> isClose(node, point.gamma())))
            .toArray();
    sequence.expect(kappas.length + gammas.length + before.length + missing.length + 1);
    Optional<List<PathPoint>> low = through(richer(kappas[0], before), sequence::pass);
    if (low.isEmpty()) {
      return Optional.empty();
    }
    Optional<List<PathPoint>> between = through(richer(kappa, missing), sequence::pass);
    if (between.isEmpty()) {
      return Optional.empty();
    }
    List<PathPoint> lowWay = new ArrayList<>(low.get());
    lowWay.add(aligned.get(0));
    List<PathPoint> lazyWay = new ArrayList<>(between.get());
    lazyWay.addAll(lazy);
    lazyWay.removeIf(point -> point.gamma() == 0);
    lazyWay.sort(Comparator.comparingDouble(PathPoint::gamma));

    List<PathPoint> alignedWay = new ArrayList<>(lowWay);
    alignedWay.addAll(aligned);

    Action first = overGamma(kappas[0], lowWay);
    Action second = overKappa(aligned);
    Search.Starts starts =
        Search.Starts.ofTwoSolutions(
            kappas[0],
            row("lazy", last(lazy), overGamma(kappa, lazyWay), lazyWay),
            row("aligned", last(aligned), first.plus(second), alignedWay),
            DECIDED);
    sequence.continueFrom(starts.chosen() == starts.aligned() ? 0 : 1);
    return sequence.next(problem, false).map(point -> new Found(lazy, starts));
  }

  private static Search.StartRow row(
      String name, PathPoint end, Action action, List<PathPoint> way) {
    return new Search.StartRow(
        name,
        end,
        new Estimate(action.value, action.error),
        action.grid,
        way.stream().allMatch(PathPoint::converged));
  }

  /** One solve of a sequence. */
  private interface Step {
    Optional<PathPoint> take(AdaptiveProblem station, boolean fresh);
  }

  /** Solves from the prior through all stations. */
  private static Optional<List<PathPoint>> through(List<AdaptiveProblem> stations, Step step) {
    List<PathPoint> points = new ArrayList<>();
    for (AdaptiveProblem station : stations) {
      Optional<PathPoint> point = step.take(station, points.isEmpty());
      if (point.isEmpty()) {
        return Optional.empty();
      }
      points.add(point.get());
    }
    return Optional.of(points);
  }

  /** Problems of the requested path, from the prior. */
  private List<AdaptiveProblem> path() {
    List<AdaptiveProblem> stations = new ArrayList<>();
    for (double richness : gammas) {
      stations.add(problem.at(richness, kappa));
    }
    return stations;
  }

  /** Problems at the richnesses for an action, without predictions. */
  private List<AdaptiveProblem> richer(double noise, double[] richnesses) {
    List<AdaptiveProblem> stations = new ArrayList<>();
    for (double richness : richnesses) {
      stations.add(withoutTests(richness, noise));
    }
    return stations;
  }

  private AdaptiveProblem withoutTests(double richness, double noise) {
    AdaptiveProblem there = problem.at(richness, noise);
    return AdaptiveProblem.of(
        there.network(), there.options(), there.trainInputs(), there.trainTargets());
  }

  private double[] nodes(double noise) {
    double scale = 1 / Math.sqrt(counterpart.initialDualFit(noise));
    return ActionIntegral.nodes(gamma, scale, ACTION_SPACING, ACTION_NODES);
  }

  private static boolean isClose(double a, double b) {
    return a < CLOSE * b && b < CLOSE * a;
  }

  /** Whether two solutions differ by more than their errors and the tolerance. */
  private boolean areDistinct(PathPoint lazy, PathPoint aligned) {
    Estimate a = lazy.dualFit();
    Estimate b = aligned.dualFit();
    double difference = Math.abs(a.value() - b.value());
    // unknown errors count as a difference, whose actions then decide nothing
    return !(difference <= DISTINCT * Math.hypot(a.error(), b.error()))
        && difference > problem.options().tolerance() * Math.abs(a.value());
  }

  private static PathPoint last(List<PathPoint> points) {
    return points.get(points.size() - 1);
  }

  /** An action, or a contribution to it, with both errors. */
  private record Action(double value, double error, double grid) {
    static Action of(ActionIntegral.Cumulative integral) {
      int last = integral.value().length - 1;
      return new Action(integral.value()[last], integral.error()[last], integral.grid());
    }

    Action plus(Action other) {
      return new Action(
          value + other.value, Math.hypot(error, other.error), Math.hypot(grid, other.grid));
    }
  }

  /** Action along gamma, from 0 through the points. */
  private Action overGamma(double noise, List<PathPoint> points) {
    int n = points.size() + 1;
    double[] at = new double[n];
    Estimate[] fits = new Estimate[n];
    fits[0] = Estimate.exact(counterpart.initialDualFit(noise));
    for (int i = 1; i < n; i++) {
      at[i] = points.get(i - 1).gamma();
      fits[i] = points.get(i - 1).dualFit();
    }
    return Action.of(ActionIntegral.overGamma(at, fits));
  }

  /** Change of the action along kappa, from the smallest noise to the problem's. */
  private Action overKappa(List<PathPoint> points) {
    Estimate[] squares = points.stream().map(PathPoint::dualSquare).toArray(Estimate[]::new);
    return Action.of(ActionIntegral.overKappa(gamma, kappas, squares));
  }
}
