package org.richkernel.report;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** How trained networks of growing width approach the theory of infinite width. */
final class WidthSection {
  private static final String PATHS = "f_train_t";
  private static final String ERRORS = PATHS + "_standard_error";

  /**
   * Distance of the networks of one width from the theory: roots of means over training points and
   * times.
   *
   * @param mean of (mean over the networks - f)^2
   * @param noise of the squared standard error of that difference; NaN if unknown
   * @param single of (f of one network - f)^2, averaged over the networks; NaN if unknown
   */
  private record Distance(double width, double mean, double noise, double single) {}

  private WidthSection() {}

  /**
   * The figure, if at least two of the other results are networks of different widths that share
   * training times with the theory.
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
    Optional<CommonTimes> common = CommonTimes.of(theory, other);
    boolean comparable =
        f.isPresent()
            && networks.isPresent()
            && common.isPresent()
            && f.get().columns() == networks.get().columns()
            && f.get().rows() == theory.array("time").orElseThrow().rows()
            && networks.get().rows() == other.array("time").orElseThrow().rows()
            && other.summary().config().get("width") instanceof Number;
    if (!comparable) {
      return Optional.empty();
    }
    CommonTimes times = common.get();
    double[] a = times.ofOwn(f.get().values());
    double[] b = times.ofOther(networks.get().values());
    double[] difference = new double[a.length];
    Arrays.setAll(difference, i -> b[i] - a[i]);
    double bias = meanSquare(difference);
    double spread =
        meanSquare(times.ofOther(errors(other, networks.get().values().length, Double.NaN)));
    double theoryNoise = meanSquare(times.ofOwn(errors(theory, f.get().values().length, 0)));
    double noise = spread + (Double.isNaN(theoryNoise) ? 0 : theoryNoise);
    double width = ((Number) other.summary().config().get("width")).doubleValue();
    double repeats =
        other.summary().config().get("repeats") instanceof Number count
            ? count.doubleValue()
            : Double.NaN;
    return Optional.of(
        new Distance(
            width,
            Math.sqrt(bias),
            Math.sqrt(noise),
            // R networks of variance R s^2 about a mean that is off by the bias
            Math.sqrt(bias + (repeats - 1) * spread)));
  }

  /** Standard errors of the outputs, or so many of a value where they are not known. */
  private static double[] errors(Result result, int size, double unknown) {
    double[] none = new double[size];
    Arrays.fill(none, unknown);
    return result
        .array(ERRORS)
        .map(Table::values)
        .filter(errors -> errors.length == size)
        .orElse(none);
  }

  private static double meanSquare(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return sum / values.length;
  }

  private static Figure figure(List<Distance> distances) {
    double[] widths = all(distances, Distance::width);
    double[] means = all(distances, Distance::mean);
    double[] singles = all(distances, Distance::single);
    double[] noise = all(distances, Distance::noise);
    double[] unknown = all(distances, distance -> Double.NaN);
    Plot plot =
        new Plot("Networks of width N against the theory", "width N", "rms of f\u2099 \u2212 f")
            .size(460, 340)
            .logX()
            .logY()
            .pointsWithErrors("mean of the networks", "adaptive", widths, means, unknown)
            .dashed("1/N", "adaptive", widths, power(widths, means, -1));
    boolean spreadKnown = Arrays.stream(singles).noneMatch(Double::isNaN);
    if (spreadKnown) {
      plot.pointsWithErrors("one network", "c1", widths, singles, unknown)
          .dashed("1/\u221aN", "c1", widths, power(widths, singles, -0.5))
          .hairline("error of the mean", "c2", widths, noise);
    } else {
      plot.dashed("1/\u221aN", "c1", widths, power(widths, means, -0.5));
    }
    return new Figure(
        plot,
        "Root mean square over training points and times of the networks' outputs less the"
            + " theory's. Dashed: laws drawn through the narrowest networks."
            + (spreadKnown
                ? " One network strays like 1/\u221aN; the mean of many is off by a bias like 1/N,"
                    + " as far as its standard error (thin line; networks' and theory's together)"
                    + " lets it be seen."
                : ""));
  }

  private static double[] all(List<Distance> distances, ToDoubleFunction<Distance> number) {
    return distances.stream().mapToDouble(number).toArray();
  }

  /** A power law through the first point. */
  private static double[] power(double[] widths, double[] deviations, double exponent) {
    double[] law = new double[widths.length];
    Arrays.setAll(law, i -> deviations[0] * Math.pow(widths[i] / widths[0], exponent));
    return law;
  }
}
