package org.richkernel.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.richkernel.report.plot.Numbers;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;
import org.richkernel.result.Summary;
import org.richkernel.result.TrainedLoss;

/** Means over the seeds of a sweep: a table, and curves over one of its options. */
final class SweepSection {
  private static final int MOST_LINES = 8;
  private static final int MOST_ROWS = 200;
  private static final String ERROR = "StandardError";

  /** The mean of a setting. */
  private record Mean(Map<String, String> options, int runs, int converged, Map<?, ?> numbers) {
    double number(String name) {
      return numbers.get(name) instanceof Number value ? value.doubleValue() : Double.NaN;
    }

    String text(String name) {
      return numbers.get(name) instanceof Number value
          ? Numbers.withError(value.doubleValue(), number(name + ERROR))
          : "";
    }
  }

  private SweepSection() {}

  /** Cross-entropy where all runs were trained with it; squared errors, which all have, else. */
  private static TrainedLoss.Kind loss(List<Mean> means) {
    String trained = "train." + TrainedLoss.Kind.CROSS_ENTROPY.key();
    return means.stream()
            .filter(mean -> !mean.numbers().isEmpty())
            .allMatch(mean -> mean.numbers().containsKey(trained))
        ? TrainedLoss.Kind.CROSS_ENTROPY
        : TrainedLoss.Kind.SQUARED;
  }

  /** Quantities that are drawn, with their axis. */
  private static Map<String, String> drawn(TrainedLoss.Kind loss) {
    Map<String, String> drawn = new LinkedHashMap<>();
    drawn.put("test." + loss.key(), "test " + loss.words());
    drawn.put("test.accuracy", "test accuracy");
    drawn.put("train." + loss.key(), "training " + loss.words());
    return drawn;
  }

  static Section of(Result result) {
    Summary summary = result.summary();
    List<Mean> means = means(summary.details().get("means"));
    if (means.isEmpty()) {
      return Section.ofFigures("sweep", "Sweep", "", List.of());
    }
    TrainedLoss.Kind loss = loss(means);
    String predictor = Wording.of(String.valueOf(summary.config().get("command"))).name();
    List<Figure> figures = new ArrayList<>();
    Optional<String> over = axis(means);
    over.ifPresent(
        option ->
            drawn(loss)
                .forEach(
                    (name, label) ->
                        curve(means, option, name, label, predictor).ifPresent(figures::add)));
    return new Section(
        "sweep",
        "Sweep",
        (Boolean.TRUE.equals(summary.details().get("seedChangesNothing"))
                ? "The seed changes nothing: runs that differ in it alone are the same. Each number"
                    + " is that of one run, with its own error if it has one."
                : "Means over the seeds of the runs that converged, with one standard error of"
                    + " their scatter; where all runs agree or there is one seed, the Monte Carlo"
                    + " error of a run.")
            + (Boolean.TRUE.equals(summary.details().get("seedDrawsPoints"))
                ? " Each seed draws its own training points, and test points where --test-size is"
                    + " given; their scatter is in the errors."
                : "")
            + " Every run is in sweep.csv.",
        figures,
        List.of(table(means, loss)));
  }

  /** What is missing from a sweep that did not converge. */
  static String warning(Summary summary) {
    int there = 0;
    int converged = 0;
    for (Mean mean : means(summary.details().get("means"))) {
      there += mean.runs();
      converged += mean.converged();
    }
    int expected = count(summary.details().get("expectedRuns"));
    List<String> missing = new ArrayList<>();
    if (there < expected) {
      missing.add((expected - there) + " of " + expected + " runs are not finished");
    }
    if (converged < there) {
      missing.add((there - converged) + " of " + expected + " runs did not converge");
    }
    return String.join(", ", missing) + ": the means are of the others.";
  }

  private static List<Mean> means(@Nullable Object detail) {
    List<Mean> means = new ArrayList<>();
    if (detail instanceof List<?> list) {
      for (Object item : list) {
        if (item instanceof Map<?, ?> mean
            && mean.get("options") instanceof Map<?, ?> options
            && mean.get("numbers") instanceof Map<?, ?> numbers) {
          Map<String, String> named = new LinkedHashMap<>();
          options.forEach((name, value) -> named.put(String.valueOf(name), String.valueOf(value)));
          means.add(
              new Mean(named, count(mean.get("runs")), count(mean.get("converged")), numbers));
        }
      }
    }
    return means;
  }

  private static int count(@Nullable Object number) {
    return number instanceof Number value ? value.intValue() : 0;
  }

  /** The first option with at least two values that are numbers. */
  private static Optional<String> axis(List<Mean> means) {
    return means.get(0).options().keySet().stream()
        .filter(
            option ->
                means.stream().allMatch(mean -> isNumber(mean.options().getOrDefault(option, "")))
                    && means.stream().map(mean -> mean.options().get(option)).distinct().count()
                        > 1)
        .findFirst();
  }

  private static boolean isNumber(String text) {
    return text.matches("[-+]?[0-9]*\\.?[0-9]+([eE][-+]?[0-9]+)?");
  }

  private static Optional<Figure> curve(
      List<Mean> means, String option, String name, String label, String predictor) {
    Map<String, List<Mean>> lines = lines(means, option);
    Plot plot = new Plot(label + " over " + option, option, label).size(460, 340);
    Set<List<Double>> lazies = new LinkedHashSet<>();
    List<Double> heights = new ArrayList<>();
    int color = 0;
    for (Map.Entry<String, List<Mean>> line : lines.entrySet()) {
      List<Mean> points = line.getValue();
      double[] ys = column(points, name);
      if (color == MOST_LINES || Arrays.stream(ys).noneMatch(Double::isFinite)) {
        continue;
      }
      double[] xs =
          points.stream().mapToDouble(p -> Double.parseDouble(p.options().get(option))).toArray();
      boolean alone = line.getKey().isEmpty();
      plot.pointsWithErrors(
          alone ? predictor : line.getKey(), "c" + color, xs, ys, column(points, name + ERROR));
      Arrays.stream(ys).forEach(heights::add);
      double[] lazy = column(points, "lazy." + name);
      if (Arrays.stream(lazy).anyMatch(Double::isFinite)
          && lazies.add(Arrays.stream(lazy).boxed().toList())) {
        plot.dashedWithErrors(
            alone ? "lazy" : "lazy, " + line.getKey(),
            "c" + color,
            xs,
            lazy,
            column(points, "lazy." + name + ERROR));
        Arrays.stream(lazy).forEach(heights::add);
      }
      color++;
    }
    if (color == 0) {
      return Optional.empty();
    }
    if (callsForLogX(means, option)) {
      plot.logX();
    }
    if (Scales.callsForLog(
        heights.stream().mapToDouble(Double::doubleValue).filter(Double::isFinite).toArray())) {
      plot.logY();
    }
    String left =
        lines.size() > MOST_LINES
            ? " The first " + MOST_LINES + " of " + lines.size() + " settings."
            : "";
    String dashes =
        lazies.isEmpty() ? "" : " Dashed: the kernel at initialisation of the same runs.";
    return Optional.of(new Figure(plot, "Bars: one standard error." + dashes + left));
  }

  /** Settings that differ in one option only, by the values of the others. */
  private static Map<String, List<Mean>> lines(List<Mean> means, String option) {
    Map<String, List<Mean>> lines = new LinkedHashMap<>();
    for (Mean mean : means) {
      List<String> others = new ArrayList<>();
      mean.options()
          .forEach(
              (name, value) -> {
                if (!name.equals(option)) {
                  others.add(name + " " + value);
                }
              });
      lines.computeIfAbsent(String.join(", ", others), key -> new ArrayList<>()).add(mean);
    }
    return lines;
  }

  private static double[] column(List<Mean> points, String name) {
    return points.stream().mapToDouble(point -> point.number(name)).toArray();
  }

  /** Positive values whose gaps grow: neighbours lie closer in their logarithms. */
  private static boolean callsForLogX(List<Mean> means, String option) {
    TreeSet<Double> values = new TreeSet<>();
    means.forEach(mean -> values.add(Double.parseDouble(mean.options().get(option))));
    return values.first() > 0 && values.last() >= 8 * values.first();
  }

  private static Section.Grid table(List<Mean> means, TrainedLoss.Kind loss) {
    List<String> names = List.copyOf(means.get(0).options().keySet());
    List<String> columns =
        Stream.of("test.L", "lazy.test.L", "test.accuracy", "lazy.test.accuracy", "train.L")
            .map(name -> name.replace("L", loss.key()))
            .filter(name -> means.stream().anyMatch(mean -> mean.numbers().containsKey(name)))
            .toList();
    List<String> header = new ArrayList<>(names);
    columns.forEach(name -> header.add(name.replace('.', ' ').replace(loss.key(), loss.words())));
    header.add("converged");
    List<List<String>> rows = new ArrayList<>();
    for (Mean mean : means.subList(0, Math.min(MOST_ROWS, means.size()))) {
      List<String> row = new ArrayList<>();
      names.forEach(name -> row.add(mean.options().getOrDefault(name, "")));
      columns.forEach(name -> row.add(mean.text(name)));
      row.add(mean.converged() + " of " + mean.runs());
      rows.add(row);
    }
    return new Section.Grid(header, rows);
  }
}
