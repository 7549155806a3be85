package org.richkernel.fit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.PathPoint;
import org.richkernel.bayes.Search;
import org.richkernel.metrics.Scores;
import org.richkernel.network.Targets;
import org.richkernel.result.Result;
import org.richkernel.result.Summary;
import org.richkernel.sampling.Estimate;

/** A path of solutions, the ends of two starts and the candidates of a selection in a result. */
final class SearchTables {
  private final Search.Outcome outcome;
  private final Points points;
  private final boolean stands;

  /**
   * @param stands false where an audit contradicts the solution, the last one of a path
   */
  SearchTables(Search.Outcome outcome, Points points, boolean stands) {
    this.outcome = outcome;
    this.points = points;
    this.stands = stands;
  }

  /** Adds "path", "starts" and "selection", if present, one row per solution. */
  void addTo(Summary.Builder summary) {
    if (!outcome.path().isEmpty()) {
      List<Map<String, Object>> rows = new ArrayList<>();
      outcome.path().forEach(row -> rows.add(row(row)));
      if (!stands) {
        rows.get(rows.size() - 1).put("converged", false);
      }
      summary.detail("path", rows);
    }
    outcome.starts().ifPresent(starts -> addStarts(summary, starts));
    if (!outcome.candidates().isEmpty()) {
      List<Map<String, Object>> rows = new ArrayList<>();
      for (Search.Candidate candidate : outcome.candidates()) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("gamma", candidate.gamma());
        row.put("beta", candidate.beta());
        row.put("score", candidate.score().value());
        row.put("scoreStandardError", candidate.score().error());
        row.put("converged", candidate.converged());
        row.put("chosen", candidate.chosen());
        rows.add(row);
      }
      summary.detail("selection", rows);
      summary.detail("selectedGamma", outcome.options().gamma());
      summary.detail("selectedBeta", outcome.options().beta());
    }
  }

  /** Adds "secondStart", the comparison of both starts, and "starts", one row for each. */
  private void addStarts(Summary.Builder summary, Search.Starts starts) {
    boolean one = starts.verdict() == Search.Verdict.ONE_SOLUTION;
    Map<String, Object> both = new LinkedHashMap<>();
    both.put("verdict", starts.verdict().name().toLowerCase(Locale.ROOT).replace('_', ' '));
    both.put("alignedKappa", starts.alignedNoise());
    if (!one) {
      both.put("chosen", starts.chosen().name());
      both.put("actionDifference", starts.gain().value());
      both.put("actionDifferenceStandardError", starts.gain().error());
    }
    summary.detail("secondStart", both);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Search.StartRow start : starts.rows()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("start", start.name());
      if (!one) {
        row.put("chosen", start == starts.chosen());
        putAction(row, start.action(), start.actionGrid());
        row.put("wayConverged", start.wayConverged());
      }
      putPoint(row, start.point());
      rows.add(row);
    }
    summary.detail("starts", rows);
  }

  private Map<String, Object> row(Search.PathRow pathRow) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("gamma", pathRow.point().gamma());
    putAction(row, pathRow.action(), pathRow.actionGrid());
    putPoint(row, pathRow.point());
    return row;
  }

  private static void putAction(Map<String, Object> row, Estimate action, double grid) {
    row.put("action", action.value());
    row.put("actionStandardError", action.error());
    row.put("actionGridError", grid);
  }

  private void putPoint(Map<String, Object> row, PathPoint point) {
    row.put("converged", point.converged());
    row.put("residual", point.certificate().residual());
    row.put("residualStandardError", point.certificate().residualError());
    row.put("dualFit", point.dualFit().value());
    row.put("dualFitStandardError", point.dualFit().error());
    row.put("trainLoss", trainLoss(point));
    row.put("trainLossStandardError", trainLossError(point));
    points
        .testTargets()
        .ifPresent(
            y -> {
              row.put("testLoss", testLoss(point, y));
              row.put("testLossStandardError", testLossError(point, y));
            });
    List<Map<String, Object>> layers = new ArrayList<>();
    for (int l = 1; l <= point.layers().size(); l++) {
      AdaptiveNbkSolution.Layer layer = point.layers().get(l - 1);
      Map<String, Object> of = new LinkedHashMap<>();
      of.put("layer", l);
      of.put("alignment", layer.alignment().value());
      of.put("alignmentStandardError", layer.alignment().error());
      of.put("trace", layer.trace().value());
      of.put("traceStandardError", layer.trace().error());
      of.put("frobenius", layer.frobenius().value());
      of.put("frobeniusStandardError", layer.frobenius().error());
      layers.add(of);
    }
    row.put("layers", layers);
  }

  private double trainLoss(PathPoint point) {
    return Scores.of(points.trainTargets(), point.trainPredictions()).loss();
  }

  private double trainLossError(PathPoint point) {
    return point.train().lossError(points.trainTargets().toArray());
  }

  private static double testLoss(PathPoint point, Targets y) {
    return Scores.of(y, point.testPredictions()).loss();
  }

  /** 0 for closed forms. */
  private static double testLossError(PathPoint point, Targets y) {
    return point.test().lossError(y.toArray());
  }

  /**
   * Adds, for a path of n points, {@code path_gamma}, {@code path_action}, {@code path_loss_train}
   * and {@code path_loss_test} (n), {@code path_alignment}, {@code path_trace} and {@code
   * path_frobenius} (n x L), each but the first with its {@code _standard_error}, {@code
   * path_f_train} and {@code path_f_test} (n x points K), and {@code path_phi_1} to {@code
   * path_phi_L} (n x P x P).
   */
  Result addTo(Result result) {
    List<Search.PathRow> path = outcome.path();
    if (path.isEmpty()) {
      return result;
    }
    int n = path.size();
    int depth = path.get(0).point().layers().size();
    Result more =
        result.with("path_gamma", path.stream().mapToDouble(r -> r.point().gamma()).toArray(), n);
    more = numbers(more, "path_action", r -> List.of(r.action()), n);
    more =
        numbers(
            more,
            "path_loss_train",
            r -> List.of(estimate(trainLoss(r.point()), trainLossError(r.point()))),
            n);
    if (points.testTargets().isPresent()) {
      Targets y = points.testTargets().get();
      more =
          numbers(
              more,
              "path_loss_test",
              r -> List.of(estimate(testLoss(r.point(), y), testLossError(r.point(), y))),
              n);
    }
    more = layers(more, "path_alignment", AdaptiveNbkSolution.Layer::alignment, n, depth);
    more = layers(more, "path_trace", AdaptiveNbkSolution.Layer::trace, n, depth);
    more = layers(more, "path_frobenius", AdaptiveNbkSolution.Layer::frobenius, n, depth);
    more = stacked(more, "path_f_train", path.stream().map(r -> r.point().trainPredictions()));
    if (points.tested()) {
      more = stacked(more, "path_f_test", path.stream().map(r -> r.point().testPredictions()));
    }
    int p = points.trainInputs().rows();
    for (int l = 0; l < depth; l++) {
      double[] kernels = new double[Math.multiplyExact(n, p * p)];
      for (int i = 0; i < n; i++) {
        System.arraycopy(path.get(i).point().kernels().get(l), 0, kernels, i * p * p, p * p);
      }
      more = more.with("path_phi_" + (l + 1), kernels, n, p, p);
    }
    return more;
  }

  private static Estimate estimate(double value, double error) {
    return new Estimate(value, error);
  }

  private Result layers(
      Result result,
      String name,
      Function<AdaptiveNbkSolution.Layer, Estimate> number,
      int... shape) {
    return numbers(result, name, r -> r.point().layers().stream().map(number).toList(), shape);
  }

  /** Numbers of every point of the path with their errors. */
  private Result numbers(
      Result result, String name, Function<Search.PathRow, List<Estimate>> of, int... shape) {
    List<Estimate> all = outcome.path().stream().flatMap(row -> of.apply(row).stream()).toList();
    double[] values = all.stream().mapToDouble(Estimate::value).toArray();
    double[] errors = all.stream().mapToDouble(Estimate::error).toArray();
    return result.with(name, values, shape).with(name + "_standard_error", errors, shape);
  }

  private static Result stacked(
      Result result, String name, java.util.stream.Stream<double[]> rows) {
    List<double[]> all = rows.toList();
    int width = all.get(0).length;
    double[] values = new double[all.size() * width];
    for (int i = 0; i < all.size(); i++) {
      System.arraycopy(all.get(i), 0, values, i * width, width);
    }
    return result.with(name, values, all.size(), width);
  }
}
