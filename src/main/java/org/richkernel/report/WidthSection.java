package org.richkernel.report;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** How trained networks of growing width approach the theory of infinite width. */
final class WidthSection {
  private static final String PATHS = "f_train_t";

  /**
   * How far the networks of one width are from the theory.
   *
   * @param deviation largest |f_N - f| over training points and times
   * @param error standard error of f_N where it is largest, NaN if unknown
   */
  private record Distance(double width, double deviation, double error) {}

  private WidthSection() {}

  /**
   * The figure, if at least two of the other results are networks of different widths on the same
   * times.
   */
  static Section of(Result theory, List<Result> others) {
    List<Distance> distances =
        others.stream()
            .map(other -> distance(theory, other))
            .flatMap(Optional::stream)
            .sorted(Comparator.comparingDouble(Distance::width))
            .toList();
    boolean drawable = distances.stream().mapToDouble(Distance::width).distinct().count() > 1;
    return Section.ofFigures(
        "width", "Convergence in width", "", drawable ? List.of(figure(distances)) : List.of());
  }

  private static Optional<Distance> distance(Result theory, Result other) {
    Optional<Table> f = theory.array(PATHS);
    Optional<Table> networks = other.array(PATHS);
    boolean comparable =
        f.isPresent()
            && networks.isPresent()
            && Arrays.equals(f.get().shape(), networks.get().shape())
            && other.summary().config().get("width") instanceof Number;
    if (!comparable) {
      return Optional.empty();
    }
    double[] a = f.get().values();
    double[] b = networks.get().values();
    int at = 0;
    for (int i = 0; i < a.length; i++) {
      at = Math.abs(a[i] - b[i]) > Math.abs(a[at] - b[at]) ? i : at;
    }
    int worst = at;
    double error =
        other
            .array(PATHS + "_standard_error")
            .map(Table::values)
            .filter(errors -> errors.length == b.length)
            .map(errors -> errors[worst])
            .orElse(Double.NaN);
    double width = ((Number) other.summary().config().get("width")).doubleValue();
    return Optional.of(new Distance(width, Math.abs(a[worst] - b[worst]), error));
  }

  private static Figure figure(List<Distance> distances) {
    double[] widths = distances.stream().mapToDouble(Distance::width).toArray();
    double[] deviations = distances.stream().mapToDouble(Distance::deviation).toArray();
    double[] errors = distances.stream().mapToDouble(Distance::error).toArray();
    Plot plot =
        new Plot("Networks of width N against the theory", "width N", "largest |f\u2099 \u2212 f|")
            .size(460, 340)
            .logX()
            .logY()
            .lineWithErrors("networks", "adaptive", widths, deviations, errors)
            .points("", "adaptive", widths, deviations)
            .dashed("1/\u221aN", "c1", widths, power(widths, deviations, -0.5))
            .dashed("1/N", "c2", widths, power(widths, deviations, -1));
    return new Figure(
        plot.svg(),
        "Largest difference between the mean output of the networks and the theory, over training"
            + " points and times; band: one standard error of the networks. Dashed: the laws that"
            + " it should lie between, drawn through the narrowest networks.");
  }

  /** A power law through the first point. */
  private static double[] power(double[] widths, double[] deviations, double exponent) {
    double[] law = new double[widths.length];
    Arrays.setAll(law, i -> deviations[0] * Math.pow(widths[i] / widths[0], exponent));
    return law;
  }
}
