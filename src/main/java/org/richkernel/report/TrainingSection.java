package org.richkernel.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** Losses and predictions over training time. */
final class TrainingSection {
  /** Most test points whose prediction is followed over time. */
  static final int MOST_PATHS = 40;

  /** Curves of approximations end where they are so many times above the start. */
  private static final int MOST_ABOVE = 4;

  /** Suffixes of arrays with their meaning. */
  private static final Map<String, String> APPROXIMATIONS =
      new TreeMap<>(
          Map.of(
              "gradient_independence", "gradient independence",
              "perturbative", "leading order in \u03b3\u00b2",
              "static_ntk", "static NTK (lazy)"));

  private TrainingSection() {}

  static Section of(Result result, Wording wording) {
    List<Figure> figures = new ArrayList<>();
    Optional<double[]> train = curve(result, "loss_train_t");
    Optional<double[]> test = curve(result, "loss_test_t");
    if (train.isPresent() || test.isPresent()) {
      figures.add(losses(result, train, test));
    }
    comparison(result, "train").ifPresent(figures::add);
    comparison(result, "test").ifPresent(figures::add);
    result
        .array("f_test_t")
        .filter(paths -> paths.rows() > 1 && paths.columns() > 0)
        .ifPresent(paths -> figures.add(paths(result, wording, paths)));
    return Section.ofFigures("training", "Training", "", figures);
  }

  private static Optional<double[]> curve(Result result, String name) {
    return result.array(name).map(Table::values).filter(values -> values.length > 1);
  }

  private static Figure losses(Result result, Optional<double[]> train, Optional<double[]> test) {
    Plot plot = new Plot("Loss over training", timeLabel(result), "loss").size(460, 340);
    Optional<double[]> lazy = curve(result, "loss_test_lazy_t");
    List<double[]> all = new ArrayList<>();
    train.ifPresent(all::add);
    test.ifPresent(all::add);
    lazy.ifPresent(all::add);
    boolean log = Scales.callsForLog(all.stream().flatMapToDouble(Arrays::stream).toArray());
    if (log) {
      plot.logY();
    } else {
      plot.includeY(0);
    }
    train.ifPresent(loss -> add(plot, result, "train", "c0", loss));
    test.ifPresent(loss -> add(plot, result, "test", "c1", loss));
    lazy.ifPresent(loss -> plot.dashed("test, lazy", "lazy", times(result, loss.length), loss));
    return new Figure(
        plot,
        "Mean over points and outputs of (y \u2212 f(t))\u00b2"
            + (log ? ", logarithmic scale." : "."));
  }

  /** The loss of the theory and of every approximation that was solved beside it. */
  private static Optional<Figure> comparison(Result result, String set) {
    String name = "loss_" + set + "_t";
    Optional<double[]> theory = curve(result, name);
    Map<String, double[]> others = new LinkedHashMap<>();
    APPROXIMATIONS.forEach(
        (key, words) -> curve(result, name + "_" + key).ifPresent(loss -> others.put(words, loss)));
    if (theory.isEmpty() || others.isEmpty()) {
      return Optional.empty();
    }
    Plot plot =
        new Plot("Approximations, " + set + " loss", timeLabel(result), "loss").size(460, 340);
    double[] reference = theory.get();
    if (Scales.callsForLog(reference)) {
      plot.logY();
    } else {
      plot.includeY(0);
    }
    plot.line("full theory", "adaptive", times(result, reference.length), reference);
    int color = 0;
    for (Map.Entry<String, double[]> other : others.entrySet()) {
      double[] loss = upTo(other.getValue(), MOST_ABOVE * reference[0]);
      plot.dashed(other.getKey(), "c" + color++, times(result, loss.length), loss);
    }
    return Optional.of(
        new Figure(
            plot,
            "Mean of (y \u2212 f(t))\u00b2 over the "
                + set
                + (set.equals("train") ? "ing" : "")
                + " points, of the full theory and of what is left of it when parts are left out"
                + " (arXiv:2205.09653). A curve ends where it is "
                + MOST_ABOVE
                + " times above the start."));
  }

  /** The values before the first that exceeds a limit. */
  private static double[] upTo(double[] values, double limit) {
    int end = 0;
    while (end < values.length && values[end] <= limit) {
      end++;
    }
    return Arrays.copyOf(values, end);
  }

  private static void add(Plot plot, Result result, String set, String color, double[] loss) {
    double[] times = times(result, loss.length);
    result
        .array("loss_" + set + "_t_standard_error")
        .map(Table::values)
        .filter(errors -> errors.length == loss.length)
        .ifPresentOrElse(
            errors -> plot.lineWithErrors(set, color, times, loss, errors),
            () -> plot.line(set, color, times, loss));
  }

  private static Figure paths(Result result, Wording wording, Table paths) {
    int points = paths.columns();
    int shown = Math.min(points, MOST_PATHS);
    Optional<Targets> classes =
        result
            .array("y_test")
            .map(y -> Targets.ofEntries(y, ClassNames.of(result)))
            .filter(targets -> targets.size() == points && targets.areClasses());
    Plot plot =
        new Plot("Test predictions over training", timeLabel(result), "f(t), " + wording.name())
            .size(460, 340);
    double[] times = times(result, paths.rows());
    if (classes.isEmpty()) {
      for (int i = 0; i < shown; i++) {
        plot.hairline("", "c0", times, path(paths, (int) ((long) i * points / shown)));
      }
    } else {
      Targets targets = classes.get();
      int each = Math.max(1, shown / targets.classes());
      for (int k = 0; k < targets.classes(); k++) {
        int[] members = targets.members(k);
        for (int i = 0; i < Math.min(each, members.length); i++) {
          int point = members[(int) ((long) i * members.length / Math.min(each, members.length))];
          plot.hairline(i == 0 ? targets.label(k) : "", "c" + k % 8, times, path(paths, point));
        }
      }
    }
    return new Figure(plot, "Outputs on up to " + MOST_PATHS + " test points, one line each.");
  }

  private static double[] path(Table paths, int point) {
    double[] values = new double[paths.rows()];
    Arrays.setAll(values, step -> paths.get(step, point));
    return values;
  }

  private static String timeLabel(Result result) {
    return result.array("time").isPresent() ? "training time t" : "step";
  }

  private static double[] times(Result result, int count) {
    return result
        .array("time")
        .map(Table::values)
        .filter(time -> time.length >= count)
        .map(time -> Arrays.copyOf(time, count))
        .orElseGet(() -> Plot.counting(0, count));
  }
}
