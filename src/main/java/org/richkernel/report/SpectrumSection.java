package org.richkernel.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** Eigenvalues of the training kernels against their rank, beside those at initialisation. */
final class SpectrumSection {
  /** Largest matrix that is decomposed for a picture; of a larger one, rows are taken evenly. */
  static final int MOST_ROWS = 400;

  /** Eigenvalues below this part of the largest are rounding. */
  private static final double ROUNDING = 1e-13;

  private SpectrumSection() {}

  static Section of(Result result, Wording wording) {
    KernelSet kernels = KernelSet.of(result);
    List<Figure> figures = new ArrayList<>();
    boolean subsampled = false;
    for (KernelSet.Kernel kernel : kernels.drawn()) {
      Optional<double[]> own = stored(result, "spectrum", "spectrum_ntk", kernel);
      Optional<double[]> initial = stored(result, "spectrum_lazy", "spectrum_ntk_lazy", kernel);
      subsampled |= own.isEmpty() && kernel.phi().rows() > MOST_ROWS;
      figures.add(figure(wording, kernel, own, initial));
    }
    String note =
        figures.isEmpty()
            ? ""
            : kernels.omission()
                + "Eigenvalues \u03bb\u2096 divided by the number of points P, both axes"
                + " logarithmic."
                + (subsampled
                    ? " Computed on " + MOST_ROWS + " points taken evenly from the training set."
                    : "");
    return Section.ofFigures("spectra", "Spectra", note, figures);
  }

  private static Figure figure(
      Wording wording,
      KernelSet.Kernel kernel,
      Optional<double[]> own,
      Optional<double[]> initial) {
    Plot plot =
        new Plot("Spectrum of " + kernel.symbol(), "rank k", "\u03bb\u2096 / P").logX().logY();
    Optional<double[]> lazy =
        initial.or(() -> kernel.lazy().map(SpectrumSection::eigenvaluesPerPoint));
    lazy.ifPresent(values -> draw(plot.dashed("lazy", "lazy", ranks(values), values), values));
    double[] values = own.orElseGet(() -> eigenvaluesPerPoint(kernel.phi()));
    draw(plot.line(wording.name(), "adaptive", ranks(values), values), values);
    return new Figure(
        plot.svg(),
        "Eigenvalues of "
            + kernel.symbol()
            + (lazy.isPresent()
                ? ": directions above the dashed line gained weight by feature learning."
                : "."));
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
    return result.array(name).map(t -> perPoint(t.values(), kernel.phi().rows()));
  }

  /** Eigenvalues of a kernel, or of evenly taken rows of it, divided by the number of rows. */
  static double[] eigenvaluesPerPoint(Table kernel) {
    int n = Math.min(kernel.rows(), MOST_ROWS);
    double[][] sample = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        int row = (int) ((long) i * kernel.rows() / n);
        int column = (int) ((long) j * kernel.rows() / n);
        // the mean of both halves, as rounding may have left them apart
        sample[i][j] = (kernel.get(row, column) + kernel.get(column, row)) / 2;
        if (!Double.isFinite(sample[i][j])) {
          return new double[0];
        }
      }
    }
    return perPoint(
        new EigenDecomposition(new Array2DRowRealMatrix(sample, false)).getRealEigenvalues(), n);
  }

  private static double[] perPoint(double[] eigenvalues, int points) {
    double[] sorted = Arrays.stream(eigenvalues).map(x -> x / points).sorted().toArray();
    double largest = sorted.length == 0 ? 0 : sorted[sorted.length - 1];
    return java.util.stream.IntStream.range(0, sorted.length)
        .mapToDouble(i -> sorted[sorted.length - 1 - i])
        .takeWhile(value -> value > ROUNDING * largest)
        .toArray();
  }
}
