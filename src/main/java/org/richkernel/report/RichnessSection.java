package org.richkernel.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** Losses, layers and action along a path of richnesses. */
final class RichnessSection {
  /** Most layers that are drawn; of a deeper network some are left out. */
  private static final int MOST_LINES = 8;

  private static final String GAMMA = "richness \u03b3";
  private static final String ERROR = "_standard_error";
  private static final String BARS = " Bars: one standard error of the Monte Carlo estimate.";

  private RichnessSection() {}

  static Section of(Result result) {
    List<Figure> figures = new ArrayList<>();
    result
        .array("path_gamma")
        .map(Table::values)
        .filter(gammas -> gammas.length > 1)
        .ifPresent(
            gammas -> {
              losses(result, gammas).ifPresent(figures::add);
              alignment(result, gammas).ifPresent(figures::add);
              trace(result, gammas).ifPresent(figures::add);
              action(result, gammas).ifPresent(figures::add);
            });
    return Section.ofFigures("richness", "From lazy to rich", "", figures);
  }

  private static Optional<Figure> losses(Result result, double[] gammas) {
    Plot plot = new Plot("Loss against richness", GAMMA, "loss").size(460, 340);
    List<double[]> drawn = new ArrayList<>();
    for (String set : List.of("train", "test")) {
      column(result, "path_loss_" + set, gammas.length)
          .ifPresent(
              loss -> {
                double[] errors = errors(result, "path_loss_" + set, gammas.length);
                plot.pointsWithErrors(set, "c" + drawn.size(), gammas, loss, errors);
                drawn.add(loss);
              });
    }
    if (drawn.isEmpty()) {
      return Optional.empty();
    }
    boolean log = Scales.callsForLog(drawn.stream().flatMapToDouble(Arrays::stream).toArray());
    if (log) {
      plot.logY();
    } else {
      plot.includeY(0);
    }
    return Optional.of(
        new Figure(
            plot,
            "Mean over points and outputs of (y \u2212 f)\u00b2 of the solutions of a path"
                + (log ? ", logarithmic scale." : ".")
                + BARS));
  }

  private static Optional<Figure> alignment(Result result, double[] gammas) {
    return layers(
        result,
        gammas,
        "alignment",
        new Plot("Alignment by layer", GAMMA, "alignment"),
        "A\u02e1 = y\u1d40\u03a6\u02e1y / (\u2016\u03a6\u02e1\u2016 |y|\u00b2) of each hidden layer.");
  }

  private static Optional<Figure> trace(Result result, double[] gammas) {
    return layers(
        result,
        gammas,
        "trace",
        new Plot("Size of the kernels by layer", GAMMA, "Tr \u03a6 / P").includeY(0),
        "Mean over the training points of \u03a6\u02e1(x, x), the square of a feature.");
  }

  /** One line per hidden layer, of an array of points x layers. */
  private static Optional<Figure> layers(
      Result result, double[] gammas, String what, Plot plot, String caption) {
    String name = "path_" + what;
    Optional<Table> table =
        result.array(name).filter(t -> t.rows() == gammas.length && t.columns() > 0);
    if (table.isEmpty()) {
      return Optional.empty();
    }
    int depth = table.get().columns();
    int shown = Math.min(depth, MOST_LINES);
    Optional<Table> errors =
        result
            .array(name + ERROR)
            .filter(t -> t.rows() == gammas.length && t.columns() == table.get().columns());
    plot.size(460, 340);
    for (int i = 0; i < shown; i++) {
      int layer = shown == 1 ? 0 : Math.round(i * (depth - 1) / (shown - 1f));
      plot.pointsWithErrors(
          "layer " + (layer + 1),
          "c" + i,
          gammas,
          layer(table.get(), layer),
          errors.map(t -> layer(t, layer)).orElse(unknown(gammas.length)));
    }
    return Optional.of(new Figure(plot, caption + BARS));
  }

  private static double[] layer(Table table, int layer) {
    return IntStream.range(0, table.rows()).mapToDouble(i -> table.get(i, layer)).toArray();
  }

  private static Optional<Figure> action(Result result, double[] gammas) {
    Optional<double[]> action =
        column(result, "path_action", gammas.length)
            .filter(values -> Arrays.stream(values).allMatch(Double::isFinite));
    return action.map(
        values ->
            new Figure(
                new Plot("Action per neuron", GAMMA, "S")
                    .size(460, 340)
                    .pointsWithErrors(
                        "",
                        "adaptive",
                        gammas,
                        values,
                        errors(result, "path_action", gammas.length)),
                "S of the saddle points, whose weight is exp(\u2212NS), by integrating dS ="
                    + " y\u00b7v d(\u03b3\u00b2) / 2 along the path from S = 0 at \u03b3 = 0."
                    + BARS));
  }

  private static double[] errors(Result result, String name, int count) {
    return column(result, name + ERROR, count).orElse(unknown(count));
  }

  private static double[] unknown(int count) {
    double[] unknown = new double[count];
    Arrays.fill(unknown, Double.NaN);
    return unknown;
  }

  private static Optional<double[]> column(Result result, String name, int count) {
    return result.array(name).map(Table::values).filter(values -> values.length == count);
  }
}
