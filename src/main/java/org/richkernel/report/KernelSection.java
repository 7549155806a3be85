package org.richkernel.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.data.Table;
import org.richkernel.report.plot.HeatMap;
import org.richkernel.result.Result;

/** Heat maps of the training kernels, sorted by class, beside those at initialisation. */
public final class KernelSection {
  private KernelSection() {}

  static Section of(Result result, Wording wording) {
    KernelSet kernels = KernelSet.of(result);
    List<Figure> figures = new ArrayList<>();
    for (KernelSet.Kernel kernel : kernels.drawn()) {
      figures.add(figure(result, wording, kernel));
    }
    String note =
        figures.isEmpty()
            ? ""
            : kernels.omission()
                + "Each row shares one colour scale, which ends at the 0.5% and 99.5% quantiles of"
                + " what is shown; values beyond have the end's colour."
                + (kernels.all().get(0).phi().rows() > HeatMap.MAX_PIXELS
                    ? " Matrices are averaged over blocks to "
                        + HeatMap.MAX_PIXELS
                        + " pixels a side."
                    : "");
    return Section.ofFigures("kernels", "Kernels on the training set", note, figures);
  }

  private static Figure figure(Result result, Wording wording, KernelSet.Kernel kernel) {
    int points = kernel.phi().rows();
    Targets targets = targets(result, points);
    boolean sortable = targets.classes() > 1;
    int[] order = targets.sorted();
    List<HeatMap.Panel> panels = new ArrayList<>();
    kernel
        .lazy()
        .filter(lazy -> lazy.rows() == points)
        .ifPresent(lazy -> panels.add(panel(kernel.symbol() + ", lazy", lazy, order)));
    boolean compared = !panels.isEmpty();
    panels.add(panel(kernel.symbol() + ", " + wording.name(), kernel.phi(), order));
    String axis = "training point" + (sortable ? ", sorted by target" : "");
    HeatMap map = new HeatMap(panels, sortable ? targets.groups() : List.of(), axis);
    String what =
        kernel.name().equals("ntk")
            ? "Neural tangent kernel of the training points at the last step"
            : "Feature kernel " + kernel.symbol() + " of the training points, " + wording.kernel();
    return Figure.wide(
        map,
        what
            + (compared ? "; first at initialisation, then " + wording.name() : "")
            + (sortable && targets.areClasses()
                ? ". Lines separate the classes: blocks along the diagonal mean that the layer"
                    + " tells the classes apart."
                : "."));
  }

  private static Targets targets(Result result, int points) {
    return result
        .array("y_train")
        .filter(y -> y.rows() == points)
        .map(y -> Targets.ofRows(y, ClassNames.of(result)))
        .orElseGet(() -> Targets.unknown(points));
  }

  /**
   * Two kernels on the training points of a result side by side on one colour scale.
   *
   * @param similarity how alike they are, in words
   */
  static Figure pair(
      Result result, String left, Table a, String right, Table b, String similarity) {
    Map<String, Table> both = new LinkedHashMap<>();
    both.put(left, a);
    both.put(right, b);
    return figure(
        result,
        both,
        "First " + left + ", then " + right + ", on one colour scale; " + similarity + ".");
  }

  /**
   * Kernels on the training points of a result side by side on one colour scale, sorted by target.
   *
   * @param kernels P x P each, by their titles, in order
   */
  public static Figure figure(Result result, Map<String, Table> kernels, String caption) {
    Targets targets = targets(result, kernels.values().iterator().next().rows());
    boolean sortable = targets.classes() > 1;
    int[] order = targets.sorted();
    List<HeatMap.Panel> panels = new ArrayList<>();
    kernels.forEach((title, kernel) -> panels.add(panel(title, kernel, order)));
    String axis = "training point" + (sortable ? ", sorted by target" : "");
    HeatMap map = new HeatMap(panels, sortable ? targets.groups() : List.of(), axis);
    return Figure.wide(map, caption);
  }

  /** A kernel with its rows and columns in another order. */
  static HeatMap.Panel panel(String title, Table kernel, int[] order) {
    return HeatMap.Panel.of(title, kernel.rows(), (i, j) -> kernel.get(order[i], order[j]));
  }
}
