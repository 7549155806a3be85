package org.richkernel.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** Alignment, movement and spectra of the training kernels over training time. */
final class CourseSection {
  /** Layers that are drawn with a colour of their own. */
  private static final int COLORS = 8;

  private CourseSection() {}

  static Section of(Result result) {
    List<Figure> figures = new ArrayList<>();
    Optional<double[]> time =
        result.array("kernel_time").map(Table::values).filter(values -> values.length > 1);
    if (time.isPresent()) {
      numbers(
              result,
              time.get(),
              "alignment_t",
              new Plot("Alignment over training", "training time t", "alignment"),
              "A = y\u1d40\u03a6y / (\u2016\u03a6\u2016 |y|\u00b2) of each hidden layer's feature"
                  + " kernel and of the tangent kernel.")
          .ifPresent(figures::add);
      numbers(
              result,
              time.get(),
              "movement_t",
              new Plot(
                      "Kernel movement",
                      "training time t",
                      "\u2016\u03a6(t) \u2212 \u03a6(0)\u2016 / \u2016\u03a6(0)\u2016")
                  .includeY(0),
              "How far the kernels have moved from where they started, in the Frobenius norm;"
                  + " lazy training leaves them where they are.")
          .ifPresent(figures::add);
      for (String kernel : kernels(result)) {
        spectrum(result, time.get(), kernel).ifPresent(figures::add);
      }
    }
    return Section.ofFigures("course", "Kernels over training time", "", figures);
  }

  /** Names of the kernels whose spectrum the result follows, at most the first and the last. */
  private static List<String> kernels(Result result) {
    List<String> names = new ArrayList<>();
    int layers = 0;
    while (result.array("spectrum_phi_" + (layers + 1) + "_t").isPresent()) {
      layers++;
    }
    if (layers > 1) {
      names.add("phi_1");
    }
    if (layers > 0) {
      names.add("phi_" + layers);
      names.add("ntk");
    }
    return names;
  }

  private static String symbol(String kernel) {
    return kernel.equals("ntk")
        ? "NTK"
        : "\u03a6" + KernelSet.superscript(Integer.parseInt(kernel.substring("phi_".length())));
  }

  /** One line per column: the layers, then the tangent kernel if there is one. */
  private static Optional<Figure> numbers(
      Result result, double[] time, String name, Plot plot, String caption) {
    Optional<Table> table = result.array(name).filter(t -> t.rows() == time.length);
    if (table.isEmpty()) {
      return Optional.empty();
    }
    Table values = table.get();
    Optional<Table> errors =
        result.array(name + "_standard_error").filter(t -> t.columns() == values.columns());
    plot.size(460, 320);
    boolean known = false;
    for (int l = 0; l < values.columns(); l++) {
      boolean tangent = result.array("phi_" + (l + 1)).isEmpty() && l == values.columns() - 1;
      String label = tangent ? "NTK" : "\u03a6" + KernelSet.superscript(l + 1);
      String color = tangent ? "adaptive" : "c" + l % COLORS;
      double[] column = column(values, l);
      if (errors.isPresent()) {
        double[] error = column(errors.get(), l);
        known |= Arrays.stream(error).anyMatch(e -> e > 0);
        plot.lineWithErrors(label, color, time, column, error);
      } else {
        plot.line(label, color, time, column);
      }
    }
    return Optional.of(new Figure(plot, caption + (known ? " Bands: one standard error." : "")));
  }

  private static double[] column(Table table, int column) {
    double[] values = new double[table.rows()];
    Arrays.setAll(values, row -> table.get(row, column));
    return values;
  }

  private static Optional<Figure> spectrum(Result result, double[] time, String kernel) {
    return result
        .array("spectrum_" + kernel + "_t")
        .filter(t -> t.rows() == time.length)
        .map(
            table -> {
              Plot plot =
                  new Plot(
                          "Largest eigenvalues of " + symbol(kernel),
                          "training time t",
                          "\u03bb\u2096")
                      .size(460, 320)
                      .logY();
              for (int k = 0; k < table.columns(); k++) {
                plot.line(k < 2 ? "k = " + (k + 1) : "", "c" + k % COLORS, time, column(table, k));
              }
              return new Figure(
                  plot,
                  "The "
                      + table.columns()
                      + " largest eigenvalues of "
                      + symbol(kernel)
                      + " on the training points; a direction that the targets need rises out of"
                      + " the others.");
            });
  }
}
