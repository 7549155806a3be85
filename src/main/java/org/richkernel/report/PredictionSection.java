package org.richkernel.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** Predictions on test points: against the lazy ones, and their distribution by class. */
final class PredictionSection {
  /** Most points of a scatter plot; of more, some are taken evenly. */
  static final int MOST_POINTS = 3000;

  private static final int BINS = 40;

  private PredictionSection() {}

  static Section of(Result result, Wording wording) {
    List<Figure> figures = new ArrayList<>();
    Optional<Table> y = result.array("y_test");
    Optional<Table> f = result.array("f_test");
    if (f.isPresent() && y.isPresent() && sameSize(f.get(), y.get())) {
      Targets targets = Targets.ofEntries(y.get(), ClassNames.of(result));
      double[] predicted = f.get().values();
      result
          .array("f_test_lazy")
          .filter(lazy -> sameSize(lazy, f.get()))
          .ifPresent(lazy -> figures.add(scatter(wording, lazy.values(), predicted, targets)));
      if (targets.areClasses()) {
        figures.add(histogram(wording, predicted, targets));
      } else {
        figures.add(against(wording, predicted, y.get().values()));
      }
    }
    return Section.ofFigures("predictions", "Predictions on test points", "", figures);
  }

  private static boolean sameSize(Table a, Table b) {
    return a.rows() == b.rows() && a.columns() == b.columns() && a.rows() > 0;
  }

  private static Figure scatter(
      Wording wording, double[] lazy, double[] adaptive, Targets targets) {
    int[] shown = evenly(targets.size());
    Plot plot =
        new Plot("Test predictions", "f, lazy", "f, " + wording.name()).size(440, 440).equalAxes();
    Targets classes = targets.of(shown);
    double[] xs = at(lazy, shown);
    double[] ys = at(adaptive, shown);
    boolean byClass = classes.areClasses();
    if (byClass) {
      for (int k = 0; k < classes.classes(); k++) {
        int[] members = classes.members(k);
        plot.points(classes.label(k), "c" + k % 8, at(xs, members), at(ys, members));
      }
    } else {
      double[] shades = IntStream.range(0, shown.length).mapToDouble(classes::shade).toArray();
      plot.shadedPoints(xs, ys, shades);
    }
    return new Figure(
        plot,
        "Each point is an output on one test point; on the dashed diagonal both predictors agree. "
            + (byClass
                ? "The colour is the target."
                : "The colour is the target, from dark (smallest) to yellow (largest).")
            + subsampled(targets.size()));
  }

  private static Figure against(Wording wording, double[] predicted, double[] targets) {
    int[] shown = evenly(targets.length);
    Plot plot =
        new Plot("Prediction against target", "y", "f, " + wording.name())
            .size(440, 440)
            .equalAxes()
            .points("", "c0", at(targets, shown), at(predicted, shown));
    return new Figure(
        plot,
        "Each point is one test point; on the dashed diagonal it is predicted exactly."
            + subsampled(targets.length));
  }

  private static Figure histogram(Wording wording, double[] predicted, Targets classes) {
    double[] finite = Arrays.stream(predicted).filter(Double::isFinite).toArray();
    double low = Arrays.stream(finite).min().orElse(0);
    double high = Arrays.stream(finite).max().orElse(1);
    double width = high > low ? (high - low) / BINS : 1.0 / BINS;
    Plot plot =
        new Plot("Distribution of predictions", "f, " + wording.name(), "test points")
            .size(460, 440);
    for (int k = 0; k < classes.classes(); k++) {
      double[] counts = new double[BINS];
      for (int i : classes.members(k)) {
        if (Double.isFinite(predicted[i])) {
          counts[Math.min(BINS - 1, (int) ((predicted[i] - low) / width))]++;
        }
      }
      plot.histogram(classes.label(k), "c" + k % 8, low, width, counts);
    }
    return new Figure(
        plot, "Predictions f on the test points by target, in " + BINS + " equal bins.");
  }

  private static String subsampled(int points) {
    return points > MOST_POINTS ? " Shown are " + MOST_POINTS + " of " + points + " points." : "";
  }

  private static int[] evenly(int points) {
    int n = Math.min(points, MOST_POINTS);
    return IntStream.range(0, n).map(i -> (int) ((long) i * points / n)).toArray();
  }

  private static double[] at(double[] values, int[] indices) {
    return Arrays.stream(indices).mapToDouble(i -> values[i]).toArray();
  }
}
