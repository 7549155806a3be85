package org.richkernel.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Numbers;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** Exponents of the width: predicted, and measured if there are networks of several widths. */
final class ScalingSection {
  private static final int COLORS = 8;

  private ScalingSection() {}

  static Section of(Result result) {
    List<Figure> figures = new ArrayList<>();
    List<Section.Grid> tables = new ArrayList<>();
    List<Map<?, ?>> slopes = slopes(result);
    Optional<Table> widths = result.array("width");
    Optional<Table> sizes = result.array("size").filter(t -> t.rows() == slopes.size());
    Optional<Table> errors =
        result.array("size_log_standard_error").filter(t -> t.rows() == slopes.size());
    if (!slopes.isEmpty()) {
      tables.add(table(slopes));
      if (widths.isPresent() && sizes.isPresent() && errors.isPresent()) {
        Drawing drawing = new Drawing(slopes, widths.get().values(), sizes.get(), errors.get());
        drawing
            .figure("dh_", "Change of the preactivations", "|\u0394h| per coordinate")
            .ifPresent(figures::add);
        drawing
            .figure("h_", "Preactivations at the start", "|h| per coordinate")
            .ifPresent(figures::add);
        drawing.figure("", "Outputs", "root mean square").ifPresent(figures::add);
        drawing.figure("w_", "Weights", "relative decrease of the norm").ifPresent(figures::add);
      }
    }
    distances(result.summary().details()).ifPresent(figures::add);
    return new Section("scaling", "Scaling with the width", note(result), figures, tables);
  }

  /** Distance to a computed limit, and the power that it should fall with. */
  private static Optional<Figure> distances(Map<String, ?> details) {
    if (!(details.get("distanceToLimit") instanceof Map<?, ?> limit)
        || !(limit.get("widths") instanceof List<?> rows)) {
      return Optional.empty();
    }
    double[] widths = new double[rows.size()];
    double[] distances = new double[rows.size()];
    double[] errors = new double[rows.size()];
    double offset = 0;
    for (int i = 0; i < rows.size(); i++) {
      Map<?, ?> row = (Map<?, ?>) rows.get(i);
      widths[i] = number(row, "width");
      distances[i] = number(row, "distance");
      errors[i] = number(row, "distanceStandardError");
      offset += (Math.log(distances[i]) + 0.5 * Math.log(widths[i])) / rows.size();
    }
    double through = offset;
    double[] line = new double[widths.length];
    Arrays.setAll(line, i -> Math.exp(through - 0.5 * Math.log(widths[i])));
    Plot plot =
        new Plot("Distance to the limit", "width n", "|f \u2212 f\u221e|")
            .size(460, 340)
            .logX()
            .logY();
    plot.pointsWithErrors("", "c0", widths, distances, errors).dashed("", "c0", widths, line);
    return Optional.of(
        new Figure(
            plot,
            "Root mean square over networks and points after the last step, with one standard"
                + " error; dashed: n^\u22121/2 through their middle."));
  }

  private static String note(Result result) {
    Map<String, ?> details = result.summary().details();
    List<String> parts = new ArrayList<>();
    if (details.get("verdict") instanceof String verdict) {
      parts.add("Verdict: " + verdict + ".");
    }
    if (details.get("finding") instanceof String finding) {
      parts.add(finding);
    }
    return String.join(" ", parts);
  }

  private static List<Map<?, ?>> slopes(Result result) {
    List<Map<?, ?>> rows = new ArrayList<>();
    if (result.summary().details().get("slopes") instanceof List<?> list) {
      for (Object item : list) {
        if (item instanceof Map<?, ?> row) {
          rows.add(row);
        }
      }
    }
    return rows;
  }

  private static Section.Grid table(List<Map<?, ?>> slopes) {
    List<List<String>> rows = new ArrayList<>();
    for (Map<?, ?> slope : slopes) {
      rows.add(
          List.of(
              String.valueOf(slope.get("quantity")),
              String.valueOf(slope.get("step")),
              withError(slope, "slope"),
              (Boolean.TRUE.equals(slope.get("predictedIsBound")) ? "\u2264 " : "")
                  + String.valueOf(slope.get("predicted")).replace('-', '\u2212'),
              withError(slope, "curvature")));
    }
    return new Section.Grid(
        List.of("", "step", "measured exponent", "predicted", "curvature"), rows);
  }

  private static String withError(Map<?, ?> slope, String name) {
    return Double.isNaN(number(slope, name))
        ? ""
        : Numbers.withError(number(slope, name), number(slope, name + "StandardError"));
  }

  private static double number(Map<?, ?> slope, String name) {
    return slope.get(name) instanceof Number value ? value.doubleValue() : Double.NaN;
  }

  /** Sizes over widths, with lines of the predicted slopes through their middles. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Drawing(List<Map<?, ?>> slopes, double[] widths, Table sizes, Table errors) {

    /** The quantities whose names begin so; those of the outputs for an empty beginning. */
    Optional<Figure> figure(String beginning, String title, String axis) {
      Plot plot = new Plot(title, "width n", axis).size(460, 340).logX().logY();
      int drawn = 0;
      for (int s = 0; s < slopes.size() && drawn < COLORS; s++) {
        String name = String.valueOf(slopes.get(s).get("quantity"));
        boolean output = !name.matches("(dh|h|w)_.*");
        if (beginning.isEmpty() ? output : name.startsWith(beginning)) {
          add(plot, s, name, "c" + drawn++);
        }
      }
      if (drawn == 0) {
        return Optional.empty();
      }
      return Optional.of(
          new Figure(
              plot,
              "Root mean squares over networks, points and coordinates with one standard error;"
                  + " dashed: the predicted power of n through their middle."));
    }

    private void add(Plot plot, int s, String name, String color) {
      double[] values = new double[widths.length];
      double[] bars = new double[widths.length];
      Arrays.setAll(values, i -> sizes.get(s, i));
      Arrays.setAll(bars, i -> values[i] * errors.get(s, i));
      double slope = predicted(s);
      double offset = 0;
      int count = 0;
      for (int i = 0; i < widths.length; i++) {
        if (values[i] > 0) {
          offset += Math.log(values[i]) - slope * Math.log(widths[i]);
          count++;
        }
      }
      double through = offset / Math.max(1, count);
      double[] line = new double[widths.length];
      Arrays.setAll(line, i -> Math.exp(through + slope * Math.log(widths[i])));
      String label =
          String.format(
                  Locale.ROOT,
                  "%s t=%s: %.2f",
                  name,
                  slopes.get(s).get("step"),
                  number(slopes.get(s), "slope"))
              .replace('-', '\u2212');
      plot.pointsWithErrors(label, color, widths, values, bars).dashed("", color, widths, line);
    }

    private double predicted(int s) {
      double measured = number(slopes.get(s), "slope");
      double off = number(slopes.get(s), "deviation");
      boolean bound = Boolean.TRUE.equals(slopes.get(s).get("predictedIsBound"));
      // a slope below its upper bound is as predicted
      return bound && off == 0 ? measured : measured - off;
    }
  }
}
