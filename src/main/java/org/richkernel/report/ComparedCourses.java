package org.richkernel.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** Losses of two results over training time, and their differences at common times. */
final class ComparedCourses {
  private ComparedCourses() {}

  /** Why courses are not compared though both results have one; empty otherwise. */
  static String note(Comparison comparison) {
    if (!hasCourse(comparison.own()) || !hasCourse(comparison.other())) {
      return "";
    }
    if (!sameLoss(comparison)) {
      return " Courses are not compared: time has another meaning for a summed and a mean loss.";
    }
    return CommonTimes.of(comparison.own(), comparison.other()).isEmpty()
        ? " Courses are not compared: they have no two times in common."
        : "";
  }

  private static boolean hasCourse(Result result) {
    return curve(result, "loss_train_t").isPresent() || curve(result, "loss_test_t").isPresent();
  }

  private static boolean sameLoss(Comparison comparison) {
    return Objects.equals(
        comparison.own().summary().config().get("loss"),
        comparison.other().summary().config().get("loss"));
  }

  /** Losses of both over time, and own less other. */
  static List<Figure> figures(Comparison comparison) {
    Optional<CommonTimes> common = CommonTimes.of(comparison.own(), comparison.other());
    if (common.isEmpty() || !sameLoss(comparison)) {
      return List.of();
    }
    Plot losses = new Plot("Loss over training", "training time t", "loss").size(460, 340);
    Plot differences =
        new Plot(
                "Difference of the losses",
                "training time t",
                comparison.ownName() + " \u2212 " + comparison.otherName())
            .size(460, 340)
            .includeY(0)
            .level("", 0);
    List<Double> all = new ArrayList<>();
    boolean unknown = false;
    for (String set : List.of("train", "test")) {
      String name = "loss_" + set + "_t";
      Optional<double[]> own = curve(comparison.own(), name);
      Optional<double[]> other = curve(comparison.other(), name);
      if (own.isEmpty() || other.isEmpty()) {
        continue;
      }
      double[] ownErrors = errors(comparison.own(), name, own.get().length);
      double[] otherErrors = errors(comparison.other(), name, other.get().length);
      boolean train = set.equals("train");
      losses.lineWithErrors(
          set + ", " + comparison.ownName(),
          train ? "c0" : "c1",
          times(comparison.own()),
          own.get(),
          ownErrors);
      losses.lineWithErrors(
          set + ", " + comparison.otherName(),
          train ? "c2" : "c3",
          times(comparison.other()),
          other.get(),
          otherErrors);
      Arrays.stream(own.get()).forEach(all::add);
      Arrays.stream(other.get()).forEach(all::add);
      double[] a = common.get().ofOwn(own.get());
      double[] b = common.get().ofOther(other.get());
      double[] ea = common.get().ofOwn(ownErrors);
      double[] eb = common.get().ofOther(otherErrors);
      double[] difference = new double[a.length];
      double[] error = new double[a.length];
      Arrays.setAll(difference, i -> a[i] - b[i]);
      Arrays.setAll(error, i -> Math.hypot(ea[i], eb[i]));
      unknown |= Arrays.stream(error).anyMatch(Double::isNaN);
      differences.lineWithErrors(set, train ? "c0" : "c1", common.get().times(), difference, error);
    }
    if (all.isEmpty()) {
      return List.of();
    }
    if (Scales.callsForLog(all.stream().mapToDouble(Double::doubleValue).toArray())) {
      losses.logY();
    } else {
      losses.includeY(0);
    }
    return List.of(
        new Figure(
            losses,
            "Mean over points and outputs of (y \u2212 f(t))\u00b2. Bands: one standard error."),
        new Figure(
            differences,
            "Difference at equal training times, not at equal steps"
                + (common.get().exact() ? "" : ", the finer course interpolated linearly")
                + ". Bands: one standard error of the difference"
                + (unknown ? ", left out where one of the two is not known." : ".")));
  }

  private static double[] times(Result result) {
    return result.array("time").map(Table::values).orElseThrow();
  }

  /** Standard errors of a course, 0 of closed forms. */
  private static double[] errors(Result result, String name, int length) {
    double[] unknown = new double[length];
    Arrays.fill(unknown, Differences.error(result.summary(), java.util.OptionalDouble.empty()));
    return result
        .array(name + "_standard_error")
        .map(Table::values)
        .filter(e -> e.length == length)
        .orElse(unknown);
  }

  /** A course with a value for each of the result's times. */
  private static Optional<double[]> curve(Result result, String name) {
    int times = result.array("time").map(Table::rows).orElse(0);
    return result.array(name).map(Table::values).filter(v -> v.length > 1 && v.length == times);
  }
}
