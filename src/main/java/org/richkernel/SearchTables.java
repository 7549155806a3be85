package org.richkernel;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.PathPoint;
import org.richkernel.bayes.Search;
import org.richkernel.metrics.Scores;
import org.richkernel.result.Result;
import org.richkernel.result.Summary;

/** A path of solutions, the ends of two starts and the candidates of a selection in a result. */
final class SearchTables {
  private final Search.Outcome outcome;
  private final Points points;

  SearchTables(Search.Outcome outcome, Points points) {
    this.outcome = outcome;
    this.points = points;
  }

  /** Adds "path", "starts" and "selection", one row per solution, each where there is one. */
  void addTo(Summary.Builder summary) {
    if (!outcome.path().isEmpty()) {
      List<Map<String, Object>> rows = new ArrayList<>();
      outcome.path().forEach(row -> rows.add(row(row)));
      summary.detail("path", rows);
    }
    if (!outcome.starts().isEmpty()) {
      List<Map<String, Object>> rows = new ArrayList<>();
      for (Search.StartRow start : outcome.starts()) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("start", start.name());
        row.put("chosen", start.chosen());
        putAction(row, start.action(), start.actionGrid());
        putPoint(row, start.point());
        rows.add(row);
      }
      summary.detail("starts", rows);
    }
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

  private Map<String, Object> row(Search.PathRow pathRow) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("gamma", pathRow.point().gamma());
    putAction(row, pathRow.action(), pathRow.actionGrid());
    putPoint(row, pathRow.point());
    return row;
  }

  private static void putAction(
      Map<String, Object> row, AdaptiveNbkSolution.Estimate action, double grid) {
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
    row.put("trainLoss", Scores.of(points.trainTargets(), point.trainPredictions()).loss());
    points
        .testTargets()
        .ifPresent(y -> row.put("testLoss", Scores.of(y, point.testPredictions()).loss()));
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

  /**
   * Adds, for a path of n points, {@code path_gamma} and {@code path_action} (n), {@code
   * path_alignment} (n x L), {@code path_f_train} and {@code path_f_test} (n x points K), and
   * {@code path_phi_1} to {@code path_phi_L} (n x P x P).
   */
  Result addTo(Result result) {
    List<Search.PathRow> path = outcome.path();
    if (path.isEmpty()) {
      return result;
    }
    int n = path.size();
    int depth = path.get(0).point().layers().size();
    double[] gamma = new double[n];
    double[] action = new double[n];
    double[] alignment = new double[n * depth];
    for (int i = 0; i < n; i++) {
      gamma[i] = path.get(i).point().gamma();
      action[i] = path.get(i).action().value();
      for (int l = 0; l < depth; l++) {
        alignment[i * depth + l] = path.get(i).point().layers().get(l).alignment().value();
      }
    }
    Result more =
        result
            .with("path_gamma", gamma, n)
            .with("path_action", action, n)
            .with("path_alignment", alignment, n, depth);
    more = stacked(more, "path_f_train", path.stream().map(r -> r.point().trainPredictions()));
    if (points.testTargets().isPresent()) {
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
