package org.richkernel.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Numbers;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** Word embeddings over epochs and widths: analogies, losses, neighbours. */
final class WordSection {
  private static final int COLORS = 8;

  private WordSection() {}

  static Section of(Result result) {
    Map<String, ?> details = result.summary().details();
    if (!result.summary().command().equals("word2vec")
        || result.array("epoch").isEmpty()
        || result.array("width").isEmpty()) {
      return new Section("words", "", "", List.of(), List.of());
    }
    double[] epochs = result.array("epoch").get().values();
    double[] widths = result.array("width").get().values();
    List<Figure> figures = new ArrayList<>();
    Optional<Table> accuracy = result.array("accuracy");
    Optional<Table> errors = result.array("accuracy_standard_error");
    if (accuracy.isPresent() && errors.isPresent()) {
      figures.add(overEpochs(epochs, widths, accuracy.get(), errors.get()));
      overWidths(widths, accuracy.get(), errors.get()).ifPresent(figures::add);
    }
    result
        .array("difference")
        .ifPresent(
            difference ->
                result
                    .array("difference_standard_error")
                    .flatMap(error -> differences(epochs, widths, difference, error))
                    .ifPresent(figures::add));
    result.array("loss").ifPresent(loss -> figures.add(losses(epochs, widths, loss)));
    List<Section.Grid> tables = new ArrayList<>();
    tables.add(accuracies(details));
    tables.add(neighbours(details));
    return new Section(
        "words",
        "Analogies by epoch and width",
        "Errors are one standard error, resampled over the pairs that the questions are made of; all"
            + " widths answer the same questions, so their differences have smaller errors than"
            + " each of them. A tie counts as wrong.",
        figures,
        tables.stream().filter(table -> !table.rows().isEmpty()).toList());
  }

  private static String name(double width) {
    return Double.isInfinite(width) ? "\u221e" : String.valueOf((long) width);
  }

  private static double[] row(Table table, int row) {
    double[] values = new double[table.columns()];
    Arrays.setAll(values, j -> table.get(row, j));
    return values;
  }

  private static Figure overEpochs(double[] epochs, double[] widths, Table accuracy, Table errors) {
    Plot plot = new Plot("Analogies", "epochs", "accuracy").size(460, 340).includeY(0);
    for (int i = 0; i < Math.min(COLORS, widths.length); i++) {
      includeBand(plot, row(accuracy, i), row(errors, i));
      plot.lineWithErrors(
          "width " + name(widths[i]), "c" + i, epochs, row(accuracy, i), row(errors, i));
    }
    return new Figure(plot, "Fraction of analogies that are right, with one standard error.");
  }

  /** Widens the axis to the upper edge of a band. */
  private static void includeBand(Plot plot, double[] values, double[] errors) {
    for (int i = 0; i < values.length; i++) {
      if (Double.isFinite(values[i] + errors[i])) {
        plot.includeY(values[i] + errors[i]);
      }
    }
  }

  private static Optional<Figure> overWidths(double[] widths, Table accuracy, Table errors) {
    int last = accuracy.columns() - 1;
    int[] finite = finite(widths);
    if (finite.length < 2) {
      return Optional.empty();
    }
    double[] x = new double[finite.length];
    double[] y = new double[finite.length];
    double[] bars = new double[finite.length];
    for (int i = 0; i < finite.length; i++) {
      x[i] = widths[finite[i]];
      y[i] = accuracy.get(finite[i], last);
      bars[i] = errors.get(finite[i], last);
    }
    Plot plot = new Plot("After the last epoch", "width", "accuracy").size(460, 340).logX();
    for (int i = 0; i < widths.length; i++) {
      if (Double.isInfinite(widths[i])) {
        double limit = accuracy.get(i, last);
        double error = errors.get(i, last);
        plot.includeY(limit + error);
        plot.lineWithErrors(
            "\u221e",
            "c0",
            new double[] {x[0], x[x.length - 1]},
            new double[] {limit, limit},
            new double[] {error, error});
      }
    }
    plot.pointsWithErrors("finite", "c1", x, y, bars);
    return Optional.of(
        new Figure(plot, "Accuracy by width; band: infinite width, with one standard error."));
  }

  private static int[] finite(double[] widths) {
    return java.util.stream.IntStream.range(0, widths.length)
        .filter(i -> Double.isFinite(widths[i]))
        .boxed()
        .sorted((i, j) -> Double.compare(widths[i], widths[j]))
        .mapToInt(i -> i)
        .toArray();
  }

  private static Optional<Figure> differences(
      double[] epochs, double[] widths, Table difference, Table errors) {
    Plot plot =
        new Plot("Infinite width minus width, question by question", "epochs", "difference")
            .size(460, 340)
            .includeY(0);
    int drawn = 0;
    for (int i = 0; i < Math.min(COLORS, widths.length); i++) {
      double[] values = row(difference, i);
      if (Arrays.stream(values).anyMatch(Double::isFinite)) {
        includeBand(plot, values, row(errors, i));
        plot.lineWithErrors("width " + name(widths[i]), "c" + i, epochs, values, row(errors, i));
        drawn++;
      }
    }
    return drawn == 0
        ? Optional.empty()
        : Optional.of(
            new Figure(plot, "Paired differences of accuracies, with one standard error."));
  }

  private static Figure losses(double[] epochs, double[] widths, Table loss) {
    Plot plot = new Plot("Loss", "epochs", "mean over positions").size(460, 340);
    double[] after = Arrays.copyOfRange(epochs, 1, epochs.length);
    for (int i = 0; i < Math.min(COLORS, widths.length); i++) {
      plot.line("width " + name(widths[i]), "c" + i, after, row(loss, i));
    }
    return new Figure(
        plot, "Loss of a position during each epoch, target and negative draws added.");
  }

  private static Section.Grid accuracies(Map<String, ?> details) {
    List<String> header = new ArrayList<>(List.of(""));
    Map<String, List<String>> rows = new LinkedHashMap<>();
    rows.put("all", new ArrayList<>(List.of("all")));
    if (details.get("accuracy") instanceof Map<?, ?> widths) {
      widths.forEach(
          (width, found) -> {
            header.add("width " + width);
            Map<?, ?> row = (Map<?, ?>) found;
            rows.get("all").add(withError(row));
            ((Map<?, ?>) row.get("sections"))
                .forEach(
                    (section, own) ->
                        rows.computeIfAbsent(
                                String.valueOf(section),
                                key ->
                                    new ArrayList<>(
                                        List.of(key + ", " + ((Map<?, ?>) own).get("questions"))))
                            .add(withError((Map<?, ?>) own)));
          });
    }
    return new Section.Grid(header, header.size() == 1 ? List.of() : List.copyOf(rows.values()));
  }

  private static String withError(Map<?, ?> row) {
    double value = ((Number) row.get("accuracy")).doubleValue();
    return row.get("accuracyStandardError") instanceof Number error
        ? Numbers.withError(value, error.doubleValue())
        : Numbers.brief(value);
  }

  private static Section.Grid neighbours(Map<String, ?> details) {
    List<List<String>> rows = new ArrayList<>();
    if (details.get("neighbours") instanceof Map<?, ?> all) {
      all.forEach(
          (word, near) -> {
            List<String> words = new ArrayList<>();
            ((Map<?, ?>) near)
                .forEach(
                    (other, cosine) ->
                        words.add(other + " " + Numbers.brief(((Number) cosine).doubleValue())));
            rows.add(List.of(String.valueOf(word), String.join(", ", words)));
          });
    }
    return new Section.Grid(List.of("nearest to", "cosines"), rows);
  }
}
