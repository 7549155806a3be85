package org.richkernel.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/**
 * The history of the solve: every array whose name begins with "history_", over the sweeps of
 * "history_sweep" where it is as long, otherwise over iterations.
 */
final class ConvergenceSection {
  private static final String PREFIX = "history_";
  private static final String SWEEP = "sweep";
  private static final int MOST_PLOTS = 8;
  private static final int MOST_LINES = 8;

  /** Names that read better as symbols. */
  private static final Map<String, String> SYMBOLS =
      Map.of("yv", "y\u00b7v", "trace", "Tr \u03a6 / P", "iat", "autocorrelation time");

  private ConvergenceSection() {}

  static Section of(Result result) {
    List<Figure> figures = new ArrayList<>();
    result
        .arrays()
        .forEach(
            (name, history) -> {
              boolean drawable =
                  history.rows() > 1
                      && history.columns() <= MOST_LINES
                      && !name.equals(PREFIX + SWEEP);
              if (name.startsWith(PREFIX) && drawable && figures.size() < MOST_PLOTS) {
                figures.add(figure(result, name.substring(PREFIX.length()), history));
              }
            });
    return Section.ofFigures(
        "convergence", "Convergence", LastCriterion.of(result).orElse(""), figures);
  }

  private static Figure figure(Result result, String quantity, Table history) {
    String symbol = SYMBOLS.getOrDefault(quantity, quantity.replace('_', ' '));
    Optional<Table> sweeps = result.array(PREFIX + SWEEP).filter(at -> at.rows() == history.rows());
    String unit = sweeps.isPresent() ? SWEEP : "iteration";
    Plot plot = new Plot("", unit, symbol).size(460, 280);
    boolean log = Scales.callsForLog(history.values());
    if (log) {
      plot.logY();
    }
    double[] iterations = sweeps.map(Table::values).orElse(Plot.counting(1, history.rows()));
    for (int k = 0; k < history.columns(); k++) {
      double[] values = new double[history.rows()];
      for (int i = 0; i < values.length; i++) {
        values[i] = history.get(i, k);
      }
      String name = history.columns() == 1 ? "" : Integer.toString(k + 1);
      plot.line(name, history.columns() == 1 ? "adaptive" : "c" + k, iterations, values);
    }
    OptionalDouble tolerance = result.summary().tolerance();
    boolean judged = quantity.equals("residual") && tolerance.isPresent();
    if (judged) {
      plot.level("tolerance", tolerance.getAsDouble());
    }
    return new Figure(
        plot,
        "History of "
            + symbol
            + " over the "
            + unit
            + "s"
            + (judged ? "; the solve stops below the dashed tolerance." : "."));
  }
}
