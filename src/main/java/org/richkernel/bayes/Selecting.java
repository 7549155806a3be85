package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Targets;
import org.richkernel.sampling.Estimate;
import org.richkernel.solver.RunControl;

/**
 * Solves for all candidates of a selection and once more for the best.
 *
 * <p>The evidence of a network of width N at the saddle, up to the fluctuations around it, is
 *
 * <pre>  ln p(Y) = -N S + (P K / 2) ln(gamma^2 N / 2 pi) - (K / 2) ln det(g Phi + kappa).</pre>
 */
final class Selecting {
  private final Backend backend;
  private final AdaptiveProblem problem;
  private final Search.Selection selection;
  private final RunControl control;

  Selecting(
      Backend backend, AdaptiveProblem problem, Search.Selection selection, RunControl control) {
    this.backend = backend;
    this.problem = problem;
    this.selection = selection;
    this.control = control;
  }

  Optional<Search.Outcome> run() {
    boolean evidence = selection.criterion() == Search.Criterion.EVIDENCE;
    Split split = evidence ? new Split(problem, new double[0]) : split();
    List<List<Double>> paths = new ArrayList<>();
    int total = 1;
    for (double beta : selection.betas()) {
      paths.add(evidence ? withNodes(beta) : selection.gammas());
      total += paths.get(paths.size() - 1).size();
    }
    SolveSequence sequence = new SolveSequence(backend, control, total, null);
    List<Search.Candidate> candidates = new ArrayList<>();
    for (int b = 0; b < paths.size(); b++) {
      double beta = selection.betas().get(b);
      AdaptiveProblem noisy = split.fitted().at(0, 1 / beta);
      List<PathPoint> points = new ArrayList<>();
      for (double gamma : paths.get(b)) {
        AdaptiveProblem here = noisy.at(gamma, noisy.options().kappa());
        Optional<PathPoint> point = sequence.next(here, points.isEmpty());
        if (point.isEmpty()) {
          return Optional.empty();
        }
        points.add(point.get());
      }
      candidates.addAll(
          evidence ? byEvidence(noisy, points, beta) : byValidation(split, points, beta));
    }
    int best = best(candidates, selection.criterion());
    Search.Candidate chosen = candidates.get(best);
    candidates.set(
        best,
        new Search.Candidate(
            chosen.gamma(), chosen.beta(), chosen.converged(), chosen.score(), true));
    AdaptiveProblem last = problem.at(chosen.gamma(), 1 / chosen.beta());
    if (sequence.next(last, true).isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Search.Outcome(
            last.options(),
            sequence.solution(),
            List.of(),
            Optional.empty(),
            List.copyOf(candidates)));
  }

  /**
   * The candidate of the best score among the converged ones, or among all if none converged. A
   * score that is not a number is worse than any other.
   */
  static int best(List<Search.Candidate> candidates, Search.Criterion criterion) {
    double sign = criterion == Search.Criterion.EVIDENCE ? 1 : -1;
    Comparator<Search.Candidate> order =
        Comparator.<Search.Candidate, Boolean>comparing(c -> !Double.isNaN(c.score().value()))
            .thenComparing(Search.Candidate::converged)
            .thenComparingDouble(c -> sign * c.score().value());
    int best = 0;
    for (int i = 1; i < candidates.size(); i++) {
      if (order.compare(candidates.get(i), candidates.get(best)) > 0) {
        best = i;
      }
    }
    return best;
  }

  /**
   * The candidates, with further richnesses between them if the integral of the action needs more.
   */
  private List<Double> withNodes(double beta) {
    TreeSet<Double> nodes = new TreeSet<>(selection.gammas());
    AdaptiveProblem widest = problem.at(nodes.last(), 1 / beta);
    if (nodes.last() > 0) {
      for (double node : SearchSolver.nodes(backend, widest)) {
        Double below = nodes.floor(1.1 * node);
        if (below == null || below < node / 1.1) {
          nodes.add(node);
        }
      }
    }
    return List.copyOf(nodes);
  }

  private List<Search.Candidate> byEvidence(
      AdaptiveProblem noisy, List<PathPoint> points, double beta) {
    List<Search.Candidate> candidates = new ArrayList<>();
    int rows = noisy.trainTargets().rows();
    int outputs = noisy.trainTargets().outputs();
    double width = selection.width();
    for (Search.PathRow row : SearchSolver.rows(backend, noisy, points)) {
      double gamma = row.point().gamma();
      if (gamma > 0 && selection.gammas().contains(gamma)) {
        double evidence =
            -width * row.action().value()
                + 0.5 * rows * outputs * Math.log(gamma * gamma * width / (2 * Math.PI))
                - 0.5 * outputs * logDeterminant(row.point());
        candidates.add(
            new Search.Candidate(
                gamma,
                beta,
                row.point().converged(),
                new Estimate(evidence, width * row.action().error()),
                false));
      }
    }
    return candidates;
  }

  /** ln det(g Phi^L + kappa). */
  private double logDeterminant(PathPoint point) {
    int depth = problem.network().hiddenLayers();
    int points = problem.trainInputs().rows();
    MemoryPlan plan = new MemoryPlan().add("readout kernel", Precision.FLOAT64, points, points);
    try (Workspace memory = new Workspace(backend, plan)) {
      Matrix a = memory.get("readout kernel");
      backend.upload(point.kernels().get(depth - 1), a);
      backend.scale(problem.network().weightVariance(depth), a);
      backend.addDiagonal(point.kappa(), a);
      backend.cholesky(a);
      return backend.logDeterminant(a);
    }
  }

  private List<Search.Candidate> byValidation(Split split, List<PathPoint> points, double beta) {
    List<Search.Candidate> candidates = new ArrayList<>();
    double[] y = split.heldOut();
    for (PathPoint point : points) {
      double loss = 0;
      double[] f = point.testPredictions();
      for (int i = 0; i < y.length; i++) {
        loss += (f[i] - y[i]) * (f[i] - y[i]) / y.length;
      }
      candidates.add(
          new Search.Candidate(
              point.gamma(),
              beta,
              point.converged(),
              new Estimate(loss, point.test().lossError(y)),
              false));
    }
    return candidates;
  }

  /**
   * A problem and the targets of the points held out of it, which are its test points.
   *
   * @param heldOut row-major, points x K
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Split(AdaptiveProblem fitted, double[] heldOut) {}

  /** Holds out points drawn with the seed of the problem. */
  private Split split() {
    Inputs x = problem.trainInputs();
    Targets y = problem.trainTargets();
    int held = (int) Math.round(selection.validationFraction() * x.rows());
    if (held < 1 || x.rows() - held < 2) {
      throw new InvalidProblemException(
          "validation-fraction",
          selection.validationFraction(),
          "it holds out " + held + " of " + x.rows() + " points; leave at least 2, hold out 1");
    }
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < x.rows(); i++) {
      order.add(i);
    }
    Collections.shuffle(order, new Random(problem.options().seed()));
    List<Integer> out = new ArrayList<>(order.subList(0, held));
    List<Integer> in = new ArrayList<>(order.subList(held, order.size()));
    Collections.sort(out);
    Collections.sort(in);
    AdaptiveProblem fitted =
        new AdaptiveProblem(
            problem.network(),
            problem.options(),
            x.rows(indices(in)),
            Targets.of(rows(y.toArray(), y.outputs(), in), in.size(), y.outputs()),
            x.rows(indices(out)));
    return new Split(fitted, rows(y.toArray(), y.outputs(), out));
  }

  private static int[] indices(List<Integer> chosen) {
    return chosen.stream().mapToInt(Integer::intValue).toArray();
  }

  private static double[] rows(double[] values, int columns, List<Integer> chosen) {
    double[] part = new double[chosen.size() * columns];
    for (int i = 0; i < chosen.size(); i++) {
      System.arraycopy(values, chosen.get(i) * columns, part, i * columns, columns);
    }
    return part;
  }
}
