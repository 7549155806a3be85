package org.richkernel.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** Discrepancies of the levels of approximation over the scale chi of the readout. */
final class PathSection {
  private static final List<String> LEVELS =
      List.of("gaussian", "tree", "rescaled", "one_loop", "exact");
  private static final List<String> COLORS = List.of("lazy", "c1", "c2", "adaptive", "c7");

  private PathSection() {}

  static Section of(Result result) {
    List<Figure> figures = new ArrayList<>();
    Optional<Table> chi = result.array("path_chi").filter(t -> t.rows() > 1);
    if (chi.isPresent()) {
      figure(result, chi.get().values(), "train", "Training points").ifPresent(figures::add);
      figure(result, chi.get().values(), "test", "Test points").ifPresent(figures::add);
    }
    return Section.ofFigures("scaling", "From standard to mean-field scaling", "", figures);
  }

  private static Optional<Figure> figure(Result result, double[] chi, String set, String title) {
    Plot plot = new Plot(title, "\u03c7 = \u03b3\u00b2N", "\u27e8y (y \u2212 f)\u27e9");
    plot.size(460, 340).logX();
    boolean any = false;
    boolean spread = false;
    for (int k = 0; k < LEVELS.size(); k++) {
      String name = "path_" + set + "_" + LEVELS.get(k);
      Optional<double[]> values = column(result, name, chi.length);
      if (values.isPresent()) {
        any = true;
        String label = LEVELS.get(k).replace('_', ' ');
        Optional<double[]> errors =
            column(result, name + "_standard_error", chi.length).filter(e -> max(e) > 0);
        if (errors.isPresent()) {
          spread = true;
          plot.lineWithErrors(label, COLORS.get(k), chi, values.get(), errors.get());
        } else if (k == LEVELS.size() - 1) {
          plot.dashed(label, COLORS.get(k), chi, values.get());
        } else {
          plot.line(label, COLORS.get(k), chi, values.get());
        }
      }
    }
    String caption =
        "Mean over points of y (y \u2212 \u27e8f\u27e9) at each scale of the readout, from standard"
            + " (\u03c7 = 1) to mean-field (\u03c7 = N) scaling"
            + (spread ? ". Bands: one standard error." : ".");
    return any ? Optional.of(new Figure(plot, caption)) : Optional.empty();
  }

  private static double max(double[] values) {
    double largest = 0;
    for (double value : values) {
      largest = Math.max(largest, value);
    }
    return largest;
  }

  private static Optional<double[]> column(Result result, String name, int count) {
    return result.array(name).map(Table::values).filter(values -> values.length == count);
  }
}
