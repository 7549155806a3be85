package org.richkernel.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.report.plot.HeatMap;
import org.richkernel.result.Result;

/** Heat maps of the training kernels at a few times. */
final class SnapshotSection {
  private static final String SUFFIX = "_snapshots";

  private SnapshotSection() {}

  static Section of(Result result) {
    List<Figure> figures = new ArrayList<>();
    Optional<double[]> times =
        result.array("snapshot_time").map(Table::values).filter(t -> t.length > 1);
    if (times.isPresent()) {
      for (KernelSet.Kernel kernel : KernelSet.of(result).drawn()) {
        result
            .array(kernel.name() + SUFFIX)
            .filter(stack -> fits(stack, times.get().length, kernel.phi().rows()))
            .ifPresent(stack -> figures.add(figure(result, kernel, stack, times.get())));
      }
    }
    return Section.ofFigures(
        "snapshots",
        "Kernels at chosen times",
        figures.isEmpty() ? "" : "Times in about equal ratios. Each row shares one colour scale.",
        figures);
  }

  private static boolean fits(Table stack, int times, int points) {
    return stack.rows() == times && stack.columns() == points * points;
  }

  private static Figure figure(
      Result result, KernelSet.Kernel kernel, Table stack, double[] times) {
    int points = kernel.phi().rows();
    Targets targets =
        result
            .array("y_train")
            .filter(y -> y.rows() == points)
            .map(y -> Targets.ofRows(y, ClassNames.of(result)))
            .orElseGet(() -> Targets.unknown(points));
    boolean sortable = targets.classes() > 1;
    double[] all = stack.values();
    List<HeatMap.Panel> panels = new ArrayList<>();
    for (int i = 0; i < times.length; i++) {
      double[] one = Arrays.copyOfRange(all, i * points * points, (i + 1) * points * points);
      panels.add(
          KernelSection.panel(
              String.format(Locale.ROOT, "%s, t = %.3g", kernel.symbol(), times[i]),
              Table.of(kernel.name(), one, points, points),
              targets.sorted()));
    }
    return Figure.wide(
        new HeatMap(
            panels,
            sortable ? targets.groups() : List.of(),
            "training point" + (sortable ? ", sorted by target" : "")),
        kernel.symbol() + " of the training points while it learns.");
  }
}
