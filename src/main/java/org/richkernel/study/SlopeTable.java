package org.richkernel.study;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.richkernel.limit.Exponents;
import org.richkernel.limit.Slope;
import org.richkernel.result.Result;
import org.richkernel.result.Summary;

/** Slopes beside their predictions, as text and as results hold them. */
final class SlopeTable {
  private SlopeTable() {}

  /** A table of plain text. */
  static List<String> lines(List<Slope> slopes) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%-18s%4s  %-16s%-11s%s",
            "slope in log n",
            "step",
            "measured",
            "predicted",
            "curvature"));
    for (Slope slope : slopes) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%-18s%4d  %5.2f +- %-7.2f%-11s%s",
              slope.quantity().id(),
              slope.step(),
              slope.law().slope(),
              slope.law().slopeStandardError(),
              (slope.isBound() ? "<= " : "") + Exponents.text(slope.predicted()),
              curvature(slope)));
    }
    return lines;
  }

  private static String curvature(Slope slope) {
    return Double.isNaN(slope.law().curvature())
        ? "unknown"
        : String.format(
            Locale.ROOT,
            "%5.2f +- %.2f",
            slope.law().curvature(),
            slope.law().curvatureStandardError());
  }

  /** Adds the list "slopes" to a summary. */
  static void add(Summary.Builder summary, List<Slope> slopes) {
    summary.detail("slopes", slopes.stream().map(SlopeTable::row).toList());
  }

  private static Map<String, Object> row(Slope slope) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("quantity", slope.quantity().id());
    row.put("step", slope.step());
    row.put("slope", slope.law().slope());
    row.put("slopeStandardError", slope.law().slopeStandardError());
    row.put("predicted", Exponents.text(slope.predicted()));
    row.put("predictedIsBound", slope.isBound());
    row.put("deviation", slope.deviation());
    row.put("curvature", slope.law().curvature());
    row.put("curvatureStandardError", slope.law().curvatureStandardError());
    return row;
  }

  /**
   * Adds the arrays width (W), size and size_log_standard_error (slopes x W; NaN where a width
   * could not be used), and slope_predicted (slopes).
   */
  static Result add(Result result, List<Slope> slopes) {
    double[] widths =
        slopes.stream()
            .flatMapToDouble(slope -> Arrays.stream(slope.widths()))
            .distinct()
            .sorted()
            .toArray();
    double[] sizes = new double[slopes.size() * widths.length];
    double[] errors = new double[sizes.length];
    Arrays.fill(sizes, Double.NaN);
    Arrays.fill(errors, Double.NaN);
    for (int s = 0; s < slopes.size(); s++) {
      Slope slope = slopes.get(s);
      for (int i = 0; i < slope.widths().length; i++) {
        int at = s * widths.length + Arrays.binarySearch(widths, slope.widths()[i]);
        sizes[at] = slope.sizes()[i];
        errors[at] = slope.errors()[i];
      }
    }
    return result
        .with("width", widths, widths.length)
        .with("size", sizes, slopes.size(), widths.length)
        .with("size_log_standard_error", errors, slopes.size(), widths.length)
        .with(
            "slope_predicted",
            slopes.stream().mapToDouble(slope -> slope.predicted().doubleValue()).toArray(),
            slopes.size());
  }
}
