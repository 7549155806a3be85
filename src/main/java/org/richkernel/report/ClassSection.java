package org.richkernel.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** Which classes are taken for which: confusion matrix and accuracy by class of one-hot outputs. */
final class ClassSection {
  private ClassSection() {}

  static Section of(Result result, Wording wording) {
    Optional<Table> y = result.array("y_test").filter(t -> t.columns() > 1 && t.rows() > 0);
    Optional<Table> f = result.array("f_test").filter(t -> y.isPresent() && alike(t, y.get()));
    if (y.isEmpty() || f.isEmpty() || !isOneHot(y.get())) {
      return Section.ofFigures("classes", "Classes", "", List.of());
    }
    int[][] counts = confusion(y.get(), f.get());
    ClassNames known = ClassNames.of(result);
    List<String> names =
        IntStream.range(0, counts.length).mapToObj(k -> known.ofOutput(k, counts.length)).toList();
    Plot plot =
        new Plot("Accuracy by class", "class", "accuracy")
            .size(460, 320)
            .categories(names)
            .includeY(1);
    Optional<int[][]> lazy =
        result.array("f_test_lazy").filter(t -> alike(t, y.get())).map(t -> confusion(y.get(), t));
    int slots = lazy.isPresent() ? 2 : 1;
    lazy.ifPresent(c -> plot.bars("lazy", "lazy", accuracies(c), errors(c), 0, slots));
    plot.bars(wording.name(), "adaptive", accuracies(counts), errors(counts), slots - 1, slots);
    Figure accuracy =
        new Figure(
            plot,
            "Share of the test points of each class whose largest output is that class. Whiskers:"
                + " one binomial standard error for this number of points.");
    return new Section(
        "classes",
        "Classes",
        "Test points by class (rows) and by their largest output (columns), "
            + wording.name()
            + ".",
        List.of(accuracy),
        List.of(grid(counts, names)));
  }

  private static boolean alike(Table a, Table b) {
    return a.rows() == b.rows() && a.columns() == b.columns();
  }

  private static boolean isOneHot(Table y) {
    return IntStream.range(0, y.rows())
        .allMatch(
            i -> {
              double[] row = row(y, i);
              return Arrays.stream(row).filter(v -> v == 1).count() == 1
                  && Arrays.stream(row).filter(v -> v != 1).distinct().count() <= 1;
            });
  }

  private static double[] row(Table table, int i) {
    return IntStream.range(0, table.columns()).mapToDouble(k -> table.get(i, k)).toArray();
  }

  private static int largest(double[] row) {
    int best = 0;
    for (int k = 1; k < row.length; k++) {
      best = row[k] > row[best] ? k : best;
    }
    return best;
  }

  /** Counts by true class and predicted class. */
  private static int[][] confusion(Table y, Table f) {
    int[][] counts = new int[y.columns()][y.columns()];
    for (int i = 0; i < y.rows(); i++) {
      counts[largest(row(y, i))][largest(row(f, i))]++;
    }
    return counts;
  }

  private static double[] accuracies(int[][] counts) {
    return IntStream.range(0, counts.length)
        .mapToDouble(k -> counts[k][k] / (double) Arrays.stream(counts[k]).sum())
        .toArray();
  }

  private static double[] errors(int[][] counts) {
    double[] p = accuracies(counts);
    return IntStream.range(0, p.length)
        .mapToDouble(k -> Math.sqrt(p[k] * (1 - p[k]) / Arrays.stream(counts[k]).sum()))
        .toArray();
  }

  private static Section.Grid grid(int[][] counts, List<String> names) {
    List<String> header = new ArrayList<>(List.of("class"));
    List<List<String>> rows = new ArrayList<>();
    for (int k = 0; k < counts.length; k++) {
      header.add(names.get(k));
      List<String> row = new ArrayList<>(List.of(names.get(k)));
      Arrays.stream(counts[k]).forEach(n -> row.add(n == 0 ? "\u00b7" : Integer.toString(n)));
      rows.add(row);
    }
    return new Section.Grid(header, rows);
  }
}
