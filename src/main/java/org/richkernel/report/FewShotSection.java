package org.richkernel.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Numbers;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** Accuracy of few-shot learners over meta-steps, a line per width or kernel. */
final class FewShotSection {
  private static final int COLORS = 8;
  private static final int BLOCKS = 100;

  private FewShotSection() {}

  static Section of(Result result) {
    Map<String, ?> details = result.summary().details();
    List<Map<?, ?>> accuracies = rows(details, "accuracy");
    List<Figure> figures = new ArrayList<>();
    List<Section.Grid> tables = new ArrayList<>();
    if (result.array("accuracy_by_task").isPresent() && !accuracies.isEmpty()) {
      figures.add(
          new Figure(
              lines(
                  new Plot("Accuracy", "meta-steps", "accuracy on held-out tasks"),
                  accuracies,
                  "accuracy",
                  0),
              "Mean over the evaluation tasks with one standard error."));
      List<Map<?, ?>> differences = rows(details, "differences");
      if (!differences.isEmpty()) {
        String from = String.valueOf(differences.get(0).get("from"));
        figures.add(
            new Figure(
                lines(
                    new Plot("Paired difference to " + from, "meta-steps", "accuracy").level("", 0),
                    differences,
                    "difference",
                    1),
                "Difference on shared tasks with one standard error; the scatter of the tasks"
                    + " drops out."));
        tables.add(table(differences, "difference to " + from, "difference"));
      }
      losses(result).ifPresent(figures::add);
      tables.add(0, table(accuracies, "accuracy", "accuracy"));
      tables.add(rates(rows(details, "curves")));
    }
    return new Section("few-shot", "Learning to learn", note(details), figures, tables);
  }

  private static String note(Map<String, ?> details) {
    List<String> parts = new ArrayList<>();
    for (Map<?, ?> row : rows(details, "order")) {
      parts.add("After " + row.get("metaStep") + " meta-steps: " + row.get("order") + ".");
    }
    if (!parts.isEmpty()) {
      parts.add(
          "Each network beside the one before it, kernels beside the last network; = where the"
              + " paired difference is within its 95 % interval.");
    }
    return String.join(" ", parts);
  }

  private static List<Map<?, ?>> rows(Map<String, ?> details, String key) {
    List<Map<?, ?>> rows = new ArrayList<>();
    if (details.get(key) instanceof List<?> list) {
      for (Object item : list) {
        if (item instanceof Map<?, ?> row) {
          rows.add(row);
        }
      }
    }
    return rows;
  }

  private static double number(Map<?, ?> row, String key) {
    return row.get(key) instanceof Number value ? value.doubleValue() : Double.NaN;
  }

  private static Map<String, List<Map<?, ?>>> byModel(List<Map<?, ?>> rows) {
    Map<String, List<Map<?, ?>>> models = new LinkedHashMap<>();
    for (Map<?, ?> row : rows) {
      models.computeIfAbsent(String.valueOf(row.get("model")), m -> new ArrayList<>()).add(row);
    }
    return models;
  }

  /** A line for each model; that of the first model has the colour of that number. */
  private static Plot lines(Plot plot, List<Map<?, ?>> rows, String key, int firstColor) {
    int color = firstColor;
    for (Map.Entry<String, List<Map<?, ?>>> model : byModel(rows).entrySet()) {
      List<Map<?, ?>> points = model.getValue();
      plot.pointsWithErrors(
          model.getKey(),
          "c" + color++ % COLORS,
          points.stream().mapToDouble(row -> number(row, "metaStep")).toArray(),
          points.stream().mapToDouble(row -> number(row, key)).toArray(),
          points.stream().mapToDouble(row -> number(row, key + "StandardError")).toArray());
    }
    return plot.size(460, 340);
  }

  private static Section.Grid table(List<Map<?, ?>> rows, String title, String key) {
    List<String> header = new ArrayList<>(List.of(title));
    List<List<String>> body = new ArrayList<>();
    for (Map.Entry<String, List<Map<?, ?>>> model : byModel(rows).entrySet()) {
      List<String> cells = new ArrayList<>(List.of(model.getKey()));
      for (Map<?, ?> row : model.getValue()) {
        if (body.isEmpty()) {
          header.add("t = " + row.get("metaStep"));
        }
        cells.add(
            Double.isNaN(number(row, key))
                ? "diverged"
                : Numbers.withError(number(row, key), number(row, key + "StandardError")));
      }
      body.add(cells);
    }
    return new Section.Grid(header, body);
  }

  private static Section.Grid rates(List<Map<?, ?>> curves) {
    List<List<String>> body = new ArrayList<>();
    for (Map<?, ?> curve : curves) {
      String repeat = number(curve, "repeat") > 0 ? " #" + ((int) number(curve, "repeat") + 1) : "";
      int trials = curve.get("trials") instanceof List<?> list ? list.size() : 0;
      body.add(
          List.of(
              curve.get("model") + repeat,
              Numbers.brief(number(curve, "innerRate")),
              Numbers.brief(number(curve, "metaRate")),
              trials == 0 ? "given" : "best of " + trials + " on tuning tasks"));
    }
    return new Section.Grid(List.of("rates", "inner", "meta", ""), body);
  }

  /** Outer losses, averaged over blocks of meta-steps. */
  private static Optional<Figure> losses(Result result) {
    Optional<Table> losses = result.array("loss").filter(t -> t.columns() > 1);
    List<Map<?, ?>> curves = rows(result.summary().details(), "curves");
    if (losses.isEmpty() || losses.get().rows() != curves.size()) {
      return Optional.empty();
    }
    int steps = losses.get().columns();
    int blocks = Math.min(BLOCKS, steps);
    Plot plot = new Plot("Outer loss in training", "meta-steps", "cross-entropy").size(460, 340);
    int color = -1;
    for (int c = 0; c < curves.size(); c++) {
      boolean first = number(curves.get(c), "repeat") == 0;
      color += first ? 1 : 0;
      double[] xs = new double[blocks];
      double[] ys = new double[blocks];
      for (int b = 0; b < blocks; b++) {
        int from = (int) ((long) b * steps / blocks);
        int to = (int) ((b + 1L) * steps / blocks);
        for (int t = from; t < to; t++) {
          xs[b] += (t + 0.5) / (to - from);
          ys[b] += losses.get().get(c, t) / (to - from);
        }
      }
      plot.line(
          first ? String.valueOf(curves.get(c).get("model")) : "", "c" + color % COLORS, xs, ys);
    }
    return Optional.of(
        new Figure(plot, "Mean over the tasks of a step before it, over blocks of steps."));
  }
}
