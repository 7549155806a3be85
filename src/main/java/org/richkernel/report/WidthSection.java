package org.richkernel.report;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/**
 * How networks of finite width approach the theory: the arrays {@code finite_width}, {@code
 * finite_deviation} and, if there is one, {@code finite_deviation_standard_error} of a result.
 */
final class WidthSection {
  private WidthSection() {}

  static Section of(Result result) {
    Optional<double[]> widths =
        result.array("finite_width").map(Table::values).filter(n -> n.length > 1);
    Optional<double[]> deviations =
        result
            .array("finite_deviation")
            .map(Table::values)
            .filter(d -> widths.isPresent() && d.length == widths.get().length);
    List<Figure> figures =
        deviations.isEmpty()
            ? List.of()
            : List.of(figure(result, widths.orElseThrow(), deviations.get()));
    return Section.ofFigures("width", "Convergence in width", "", figures);
  }

  private static Figure figure(Result result, double[] widths, double[] deviations) {
    Plot plot =
        new Plot("Finite networks against the theory", "width N", "|f_N \u2212 f|")
            .size(460, 340)
            .logX()
            .logY();
    plot.points("networks", "adaptive", widths, deviations);
    result
        .array("finite_deviation_standard_error")
        .map(Table::values)
        .filter(e -> e.length == widths.length)
        .ifPresent(errors -> plot.points("their standard error", "lazy", widths, errors));
    plot.dashed("1/\u221aN", "c1", widths, power(widths, deviations, -0.5));
    plot.dashed("1/N", "c2", widths, power(widths, deviations, -1));
    return new Figure(
        plot.svg(),
        "Largest difference between the mean output of the networks and the theory, over training"
            + " points and times, with the two laws that it must lie between, drawn through the"
            + " narrowest networks.");
  }

  /** A power law through the first point. */
  private static double[] power(double[] widths, double[] deviations, double exponent) {
    double[] law = new double[widths.length];
    Arrays.setAll(law, i -> deviations[0] * Math.pow(widths[i] / widths[0], exponent));
    return law;
  }
}
