package org.richkernel.report;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.Result;

/** Kernel-target alignment layer by layer. */
final class AlignmentSection {
  private AlignmentSection() {}

  static Section of(Result result, Wording wording) {
    List<LayerSummary> layers =
        result.summary().layers().stream().filter(l -> l.alignment().isPresent()).toList();
    List<Figure> figures = layers.isEmpty() ? List.of() : List.of(figure(result, wording, layers));
    return Section.ofFigures("alignment", "Alignment with the targets", "", figures);
  }

  private static Figure figure(Result result, Wording wording, List<LayerSummary> layers) {
    double[] own = layers.stream().mapToDouble(l -> l.alignment().getAsDouble()).toArray();
    double[] errors =
        layers.stream().mapToDouble(l -> l.alignmentStandardError().orElse(Double.NaN)).toArray();
    double[] lazy = layers.stream().mapToDouble(l -> lazyAlignment(result, l.layer())).toArray();
    boolean compared = Arrays.stream(lazy).anyMatch(Double::isFinite);
    Plot plot =
        new Plot("Alignment by layer", "hidden layer \u2113", "alignment")
            .size(460, 300)
            .categories(layers.stream().map(l -> Integer.toString(l.layer())).toList());
    int slots = compared ? 2 : 1;
    if (compared) {
      double[] none = new double[lazy.length];
      plot.bars("lazy", "lazy", lazy, none, 0, slots);
    }
    plot.bars(wording.name(), "adaptive", own, errors, slots - 1, slots);
    boolean anyError = Arrays.stream(errors).anyMatch(Double::isFinite);
    return new Figure(
        plot,
        "A\u02e1 = y\u1d40\u03a6\u02e1y / (\u2016\u03a6\u02e1\u2016 |y|\u00b2) with the Frobenius norm;"
            + " it is 1 when the kernel is yy\u1d40 up to a factor"
            + (anyError ? ". Whiskers: one standard error of the Monte Carlo estimate." : "."));
  }

  private static double lazyAlignment(Result result, int layer) {
    Optional<Table> phi = result.array("phi_lazy_" + layer);
    Optional<Table> y = result.array("y_train");
    if (phi.isEmpty()
        || y.isEmpty()
        || phi.get().rows() != y.get().rows()
        || phi.get().columns() != phi.get().rows()) {
      return Double.NaN;
    }
    return alignment(phi.get(), y.get());
  }

  static double alignment(Table phi, Table y) {
    org.richkernel.network.Targets targets =
        org.richkernel.network.Targets.of(y.values(), y.rows(), y.columns());
    return KernelMetrics.of(phi.values(), targets).alignment();
  }
}
