package org.richkernel.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** The phase diagram: response functions, depth scales and kernel adaptation over a sweep. */
final class PhaseSection {
  private static final String AXIS = "weight variance g";
  private static final int MOST_LINES = 8;

  private PhaseSection() {}

  static Section of(Result result) {
    Optional<Table> sweep = result.array("weight_variance").filter(g -> g.rows() > 1);
    List<Figure> figures = new ArrayList<>();
    if (sweep.isPresent()) {
      double[] g = sweep.get().values();
      responses(result, g).ifPresent(figures::add);
      depths(result, g).ifPresent(figures::add);
      growth(result, g).ifPresent(figures::add);
      adaptation(result, g).ifPresent(figures::add);
    }
    return Section.ofFigures("phase", "Phase diagram", note(result), figures);
  }

  private static String note(Result result) {
    Object critical = result.summary().details().get("criticalWeightVariance");
    return critical instanceof Number number
        ? String.format(
            Locale.ROOT,
            "The edge of chaos is at weight variance %.6g: below it nearby points approach from"
                + " layer to layer, above it they part.",
            number.doubleValue())
        : "";
  }

  private static Optional<double[]> column(Result result, String name, int count) {
    return result.array(name).map(Table::values).filter(values -> values.length == count);
  }

  private static Optional<Figure> responses(Result result, double[] g) {
    Optional<double[]> perpendicular = column(result, "chi_perpendicular", g.length);
    Optional<double[]> parallel = column(result, "chi_parallel", g.length);
    if (perpendicular.isEmpty() || parallel.isEmpty()) {
      return Optional.empty();
    }
    Plot plot =
        new Plot("Response functions", AXIS, "\u03c7")
            .size(460, 320)
            .line("\u03c7 perpendicular", "c0", g, perpendicular.get())
            .line("\u03c7 parallel", "c1", g, parallel.get())
            .level("edge of chaos", 1);
    return Optional.of(
        new Figure(
            plot.svg(),
            "\u03c7\u22a5 = g\u27e8\u03c6\u2032\u00b2\u27e9 of angles and \u03c7\u2225 ="
                + " g\u27e8\u03c6\u2032\u00b2 + \u03c6\u03c6\u2033\u27e9 of lengths, at the fixed"
                + " point of the variance."));
  }

  private static Optional<Figure> depths(Result result, double[] g) {
    Optional<double[]> perpendicular = column(result, "depth_perpendicular", g.length);
    Optional<double[]> parallel = column(result, "depth_parallel", g.length);
    if (perpendicular.isEmpty() || parallel.isEmpty()) {
      return Optional.empty();
    }
    Plot plot =
        new Plot("Depth scales", AXIS, "\u03be, layers")
            .size(460, 320)
            .logY()
            .line("\u03be perpendicular", "c0", g, perpendicular.get())
            .line("\u03be parallel", "c1", g, parallel.get());
    return Optional.of(
        new Figure(
            plot.svg(),
            "\u03be = \u22121 / ln \u03c7: over how many layers a perturbation decays;"
                + " \u03be\u22a5 is infinite from the edge of chaos on."));
  }

  private static Optional<Figure> growth(Result result, double[] g) {
    Optional<Table> table =
        result.array("growth_by_depth").filter(t -> t.rows() == g.length && t.columns() > 0);
    if (table.isEmpty()) {
      return Optional.empty();
    }
    int layers = table.get().columns();
    double[] deepest = layer(table.get(), layers - 1);
    Plot plot =
        new Plot("Growth of kernel adaptation", AXIS, "factor over one layer").size(460, 320);
    Optional<double[]> response = column(result, "growth_response", g.length);
    if (Scales.callsForLog(deepest)) {
      plot.logY();
    }
    plot.line("nearby points, L = " + layers, "c0", g, deepest);
    response.ifPresent(values -> plot.line("data, L = " + layers, "adaptive", g, values));
    return Optional.of(
        new Figure(
            plot.svg(),
            "\u03a3 \u03c7\u22a5\u00b2\u1d4f over k < L: by how much more the readout kernel adapts"
                + " than one layer alone would make it"
                + (response.isPresent()
                    ? "; and the same ratio of the full linear response to the data."
                    : ".")));
  }

  private static Optional<Figure> adaptation(Result result, double[] g) {
    Optional<Table> table =
        result.array("adaptation").filter(t -> t.rows() == g.length && t.columns() > 0);
    if (table.isEmpty()) {
      return Optional.empty();
    }
    int layers = table.get().columns();
    Plot plot =
        new Plot("Kernel adaptation to the data", AXIS, "|\u0394C\u02e1| / |C\u02e1|")
            .size(460, 320);
    if (Scales.callsForLog(table.get().values())) {
      plot.logY();
    }
    Optional<Table> errors =
        result.array("adaptation_standard_error").filter(t -> t.columns() == layers);
    int shown = Math.min(layers, MOST_LINES);
    for (int k = 0; k < shown; k++) {
      int l = shown == 1 ? layers - 1 : (int) Math.round(k * (layers - 1.0) / (shown - 1));
      double[] values = layer(table.get(), l);
      String name = "layer " + (l + 1);
      if (errors.isPresent()) {
        plot.lineWithErrors(name, "c" + k, g, values, layer(errors.get(), l));
      } else {
        plot.line(name, "c" + k, g, values);
      }
    }
    return Optional.of(
        new Figure(
            plot.svg(),
            "Change of each layer's kernel by the data, to first order in 1/N, relative to the"
                + " kernel at initialisation. Bands: one standard error."));
  }

  private static double[] layer(Table table, int l) {
    double[] values = new double[table.rows()];
    Arrays.setAll(values, i -> table.get(i, l));
    return values;
  }
}
