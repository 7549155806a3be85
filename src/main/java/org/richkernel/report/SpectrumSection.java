package org.richkernel.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/**
 * Eigenvalues of the training kernels against their rank and the power of the targets in their
 * eigenvectors, beside those at initialisation.
 */
final class SpectrumSection {
  private SpectrumSection() {}

  static Section of(Result result, Wording wording) {
    KernelSet kernels = KernelSet.of(result);
    List<Figure> figures = new ArrayList<>();
    boolean subsampled = false;
    Optional<Table> targets = result.array("y_train");
    for (KernelSet.Kernel kernel : kernels.drawn()) {
      KernelModes own = KernelModes.of(kernel.phi(), targets);
      Optional<KernelModes> lazy = kernel.lazy().map(k -> KernelModes.of(k, targets));
      Optional<double[]> stored = stored(result, "spectrum", "spectrum_ntk", kernel);
      subsampled |= kernel.phi().rows() > KernelModes.MOST_ROWS;
      figures.add(
          spectrum(
              wording,
              kernel,
              stored.orElse(own.eigenvalues()),
              stored(result, "spectrum_lazy", "spectrum_ntk_lazy", kernel)
                  .or(() -> lazy.map(KernelModes::eigenvalues))));
      if (own.power().length > 1) {
        figures.add(
            power(
                wording,
                kernel,
                own.power(),
                lazy.map(KernelModes::power).filter(values -> values.length > 1)));
      }
    }
    String note =
        figures.isEmpty()
            ? ""
            : kernels.omission()
                + "Eigenvalues \u03bb\u2096 divided by the number of points P, both axes"
                + " logarithmic, and the share of the targets in the first k eigenvectors."
                + (subsampled
                    ? " Computed on "
                        + KernelModes.MOST_ROWS
                        + " points taken evenly from the training set, except for spectra that the"
                        + " result holds."
                    : "");
    return Section.ofFigures("spectra", "Spectra", note, figures);
  }

  private static Figure spectrum(
      Wording wording, KernelSet.Kernel kernel, double[] own, Optional<double[]> lazy) {
    Plot plot =
        new Plot("Spectrum of " + kernel.symbol(), "rank k", "\u03bb\u2096 / P").logX().logY();
    lazy.ifPresent(values -> draw(plot.dashed("lazy", "lazy", ranks(values), values), values));
    draw(plot.line(wording.name(), "adaptive", ranks(own), own), own);
    return new Figure(
        plot,
        "Eigenvalues of "
            + kernel.symbol()
            + (lazy.isPresent()
                ? ": directions above the dashed line gained weight by feature learning."
                : "."));
  }

  private static Figure power(
      Wording wording, KernelSet.Kernel kernel, double[] own, Optional<double[]> lazy) {
    Plot plot =
        new Plot("Targets in the eigenvectors of " + kernel.symbol(), "rank k", "C(k)")
            .logX()
            .includeY(0)
            .includeY(1);
    lazy.ifPresent(values -> plot.dashed("lazy", "lazy", ranks(values), values));
    plot.line(wording.name(), "adaptive", ranks(own), own);
    return new Figure(
        plot,
        "Cumulative power C(k) = \u03a3 |u\u1d62\u1d40y|\u00b2 / |y|\u00b2 over the first k"
            + " eigenvectors: the earlier it reaches 1, the fewer directions the targets need.");
  }

  private static void draw(Plot plot, double[] values) {
    if (values.length > 0) {
      plot.includeY(values[0]);
    }
  }

  private static double[] ranks(double[] values) {
    return Plot.counting(1, values.length);
  }

  /** Eigenvalues that the result holds, decreasing and divided by P. */
  private static Optional<double[]> stored(
      Result result, String layerPrefix, String ntkName, KernelSet.Kernel kernel) {
    String name =
        kernel.name().equals("ntk")
            ? ntkName
            : layerPrefix + kernel.name().substring("phi".length());
    return result.array(name).map(t -> KernelModes.perPoint(t.values(), kernel.phi().rows()));
  }
}
