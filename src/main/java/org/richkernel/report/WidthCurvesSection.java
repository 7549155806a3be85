package org.richkernel.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;
import org.richkernel.result.TrainedLoss;

/** Networks of several widths on the same batches: a line per width, and the final values. */
final class WidthCurvesSection {
  private static final int COLORS = 8;

  /** A recorded number: its array, its description, and whether its axis is logarithmic. */
  private record Quantity(String array, String title, String axis) {}

  private static final String LOSS = "width_loss_t";

  private static final Quantity CROSS_ENTROPY =
      new Quantity(LOSS, "Cross-entropy on the test points", "cross-entropy");

  private static final List<Quantity> QUANTITIES =
      List.of(
          new Quantity(LOSS, "Loss on the test points", "loss"),
          new Quantity("width_accuracy_t", "Accuracy on the test points", "accuracy"),
          new Quantity(
              "width_movement_t",
              "Movement of the last layer's kernel",
              "|\u0394\u03a6| / |\u03a6(0)|"),
          new Quantity(
              "width_alignment_t", "Centred alignment with the labels", "centred alignment"));

  private WidthCurvesSection() {}

  /** The section, empty for results of other kinds. */
  static Section of(Result result) {
    List<Figure> figures = new ArrayList<>();
    Optional<Table> widths = result.array("widths");
    Optional<Table> steps = result.array("width_step");
    if (widths.isPresent() && steps.isPresent()) {
      boolean logits = result.summary().details().containsKey(TrainedLoss.CROSS_ENTROPY);
      for (Quantity each : QUANTITIES) {
        Quantity quantity = logits && each.array.equals(LOSS) ? CROSS_ENTROPY : each;
        result
            .array(quantity.array)
            .filter(t -> t.rows() == steps.get().rows() && t.columns() == widths.get().rows())
            .ifPresent(
                values -> {
                  Optional<Table> errors = result.array(quantity.array + "_standard_error");
                  figures.add(
                      courses(
                          quantity, widths.get().values(), steps.get().values(), values, errors));
                  if (widths.get().rows() > 1) {
                    figures.add(last(quantity, widths.get().values(), values, errors));
                  }
                });
      }
    }
    String scaling = String.valueOf(result.summary().config().get("scaling"));
    String note =
        scaling.equals("ntk")
            ? "The richness falls like 1/\u221aN: the wider, the lazier."
            : "The same richness at every width: curves that coincide have converged in width.";
    return Section.ofFigures(
        "widths", "Networks of several widths", figures.isEmpty() ? "" : note, figures);
  }

  private static Figure courses(
      Quantity quantity, double[] widths, double[] steps, Table values, Optional<Table> errors) {
    Plot plot = new Plot(quantity.title, "step", quantity.axis).size(460, 320);
    for (int w = 0; w < widths.length; w++) {
      String name = "N = " + (int) widths[w];
      double[] column = column(values, w);
      if (errors.isPresent()) {
        plot.lineWithErrors(name, "c" + w % COLORS, steps, column, column(errors.get(), w));
      } else {
        plot.line(name, "c" + w % COLORS, steps, column);
      }
    }
    return new Figure(
        plot, "One line a width" + (errors.isPresent() ? ". Bands: one standard error." : "."));
  }

  private static Figure last(
      Quantity quantity, double[] widths, Table values, Optional<Table> errors) {
    double[] ends = row(values);
    Plot plot =
        new Plot(quantity.title + ", last step", "width N", quantity.axis).size(460, 320).logX();
    if (errors.isPresent()) {
      plot.pointsWithErrors("networks", "adaptive", widths, ends, row(errors.get()));
    } else {
      plot.points("networks", "adaptive", widths, ends);
    }
    return new Figure(plot, "After the last step, against the width.");
  }

  private static double[] column(Table table, int column) {
    double[] values = new double[table.rows()];
    Arrays.setAll(values, row -> table.get(row, column));
    return values;
  }

  private static double[] row(Table table) {
    double[] values = new double[table.columns()];
    Arrays.setAll(values, w -> table.get(table.rows() - 1, w));
    return values;
  }
}
