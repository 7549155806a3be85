package org.richkernel.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
    Map<String, ?> details = result.summary().details();
    if (!(details.get("criticalWeightVariance") instanceof Number edge)) {
      return "";
    }
    String note =
        String.format(
            Locale.ROOT,
            "The edge of chaos is at weight variance %.6g: below it nearby points approach from"
                + " layer to layer, above it they part.",
            edge.doubleValue());
    return details.get("largestAdaptation") instanceof Map<?, ?> peak
        ? note + " " + peak(peak, result)
        : note;
  }

  private static String peak(Map<?, ?> peak, Result result) {
    int layers = result.array("adaptation").map(Table::columns).orElse(0);
    return String.format(
        Locale.ROOT,
        "With %d hidden layers the readout kernel adapts most to these data at weight variance"
            + " %.4g%s, by %.3g \u00b1 %.1g of its norm, where \u03be of distinct points is %s"
            + " layers: deeper than that the angles of the data are lost below the edge, and their"
            + " correlations above it.",
        layers,
        number(peak, "weightVariance"),
        Boolean.TRUE.equals(peak.get("atEndOfSweep")) ? " (an end of the sweep)" : "",
        number(peak, "relativeChange"),
        number(peak, "standardError"),
        depth(number(peak, "correlationDepth")));
  }

  private static double number(Map<?, ?> row, String name) {
    return row.get(name) instanceof Number value ? value.doubleValue() : Double.POSITIVE_INFINITY;
  }

  private static String depth(double layers) {
    return Double.isFinite(layers) ? String.format(Locale.ROOT, "%.3g", layers) : "infinitely many";
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
    column(result, "chi_correlation", g.length)
        .ifPresent(distinct -> plot.dashed("distinct points", "c2", g, distinct));
    return Optional.of(
        new Figure(
            plot,
            "\u03c7\u22a5 = g\u27e8\u03c6\u2032\u00b2\u27e9 of angles and \u03c7\u2225 ="
                + " g\u27e8\u03c6\u2032\u00b2 + \u03c6\u03c6\u2033\u27e9 of lengths, at the fixed"
                + " point of the variance. Distinct points: the response of their covariance where"
                + " it ends, which is \u03c7\u22a5 below the edge and less than 1 beyond it."));
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
    column(result, "depth_correlation", g.length)
        .ifPresent(distinct -> plot.dashed("\u03be of distinct points", "c2", g, distinct));
    return Optional.of(
        new Figure(
            plot,
            "\u03be = \u22121 / ln \u03c7: over how many layers a perturbation decays;"
                + " \u03be\u22a5 is infinite from the edge of chaos on, \u03be of distinct points"
                + " at the edge only."));
  }

  private static Optional<Figure> growth(Result result, double[] g) {
    Optional<double[]> near = deepest(result, "growth_by_depth", g);
    if (near.isEmpty()) {
      return Optional.empty();
    }
    int layers = result.array("growth_by_depth").orElseThrow().columns();
    Plot plot =
        new Plot("Growth with depth, L = " + layers, AXIS, "factor over one layer").size(460, 320);
    if (Scales.callsForLog(near.get())) {
      plot.logY();
    }
    plot.line("nearby points", "c0", g, near.get());
    deepest(result, "growth_correlation", g)
        .ifPresent(values -> plot.dashed("distinct points", "c2", g, values));
    deepest(result, "growth_angular", g)
        .ifPresent(values -> plot.line("angles of the data", "c3", g, values));
    Optional<double[]> response = column(result, "growth_response", g.length);
    response.ifPresent(values -> plot.line("data, full response", "adaptive", g, values));
    return Optional.of(
        new Figure(
            plot,
            "By how much more the readout kernel adapts than one layer alone would make it. Nearby"
                + " and distinct points: \u03a3 \u03c7\u00b2\u1d4f over k < L, all layers with the"
                + " same source."
                + (response.isPresent()
                    ? " Angles of the data: the same with the responses at the data's own angles."
                        + " Full response: with the sources that the data make, which are smaller"
                        + " in layers where points are closer."
                    : "")));
  }

  private static Optional<double[]> deepest(Result result, String name, double[] g) {
    return result
        .array(name)
        .filter(t -> t.rows() == g.length && t.columns() > 0)
        .map(t -> layer(t, t.columns() - 1));
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
    if (result.summary().details().get("criticalWeightVariance") instanceof Number edge
        && edge.doubleValue() > g[0]
        && edge.doubleValue() < g[g.length - 1]) {
      double top = Arrays.stream(table.get().values()).max().orElse(0);
      double[] at = {edge.doubleValue(), edge.doubleValue()};
      plot.dashed("edge of chaos", "reference", at, new double[] {0, top});
    }
    return Optional.of(
        new Figure(
            plot,
            "Change of each layer's kernel by the data, to first order in 1/N, relative to the"
                + " kernel at initialisation. Bands: one standard error."));
  }

  private static double[] layer(Table table, int l) {
    double[] values = new double[table.rows()];
    Arrays.setAll(values, i -> table.get(i, l));
    return values;
  }
}
