package org.richkernel.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.report.plot.ImageTiles;
import org.richkernel.report.plot.Numbers;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** Directions of patches that the filters of the first layer have learned to see. */
final class FilterSection {
  /** Most directions that are drawn. */
  private static final int MOST_DRAWN = 9;

  private FilterSection() {}

  static Section of(Result result) {
    Optional<double[]> values = result.array("filter_eigenvalues").map(Table::values);
    Optional<Table> directions =
        result
            .array("filter_directions")
            .filter(d -> d.shape().length == 4 && d.values().length > 0)
            .filter(d -> values.isPresent() && d.rows() == values.get().length);
    List<Figure> figures = new ArrayList<>();
    if (values.isPresent() && directions.isPresent()) {
      double[] errors =
          result
              .array("filter_eigenvalues_standard_error")
              .map(Table::values)
              .orElse(new double[0]);
      int channels = directions.get().shape()[3];
      for (int c = 0; c < channels; c++) {
        figures.add(pictures(directions.get(), values.get(), errors, c));
      }
      figures.add(spectrum(values.get(), errors));
    }
    return Section.ofFigures(
        "filters",
        "Filters of the first layer",
        figures.isEmpty()
            ? ""
            : "Eigenvectors of the covariance \u27e8WW\u1d40\u27e9 of filters over channels, and how"
                + " much longer filters are along them than at initialisation, where the covariance"
                + " is the identity and no direction is special.",
        figures);
  }

  private static Figure pictures(Table directions, double[] values, double[] errors, int channel) {
    int[] shape = directions.shape();
    List<ImageTiles.Tile> tiles = new ArrayList<>();
    for (int k = 0; k < Math.min(MOST_DRAWN, shape[0]); k++) {
      double[] pixels = new double[shape[1] * shape[2]];
      for (int d = 0; d < pixels.length; d++) {
        pixels[d] = directions.values()[(k * pixels.length + d) * shape[3] + channel];
      }
      double error = errors.length > k ? errors[k] : Double.NaN;
      tiles.add(
          new ImageTiles.Tile(Numbers.withError(values[k], error), shape[1], shape[2], pixels));
    }
    String name = shape[3] == 1 ? "Directions" : "Directions, channel " + (channel + 1);
    return new Figure(
        ImageTiles.signed(name, tiles, 3),
        "The strongest directions, "
            + shape[1]
            + " x "
            + shape[2]
            + " pixels each, with their eigenvalues above; the middle of the colours is 0. An"
            + " eigenvector's sign has no meaning"
            + (shape[3] == 1 ? "." : "; channels share it."));
  }

  private static Figure spectrum(double[] values, double[] errors) {
    double[] rank = Plot.counting(1, values.length);
    Plot plot =
        new Plot("Eigenvalues", "rank", "eigenvalue").size(460, 300).level("lazy", 1).includeY(0);
    if (errors.length == values.length) {
      plot.pointsWithErrors("adaptive", "adaptive", rank, values, errors);
    } else {
      plot.points("adaptive", "adaptive", rank, values);
    }
    boolean below = Arrays.stream(values).anyMatch(value -> value < 0);
    return new Figure(
        plot,
        "Eigenvalues of the covariance of filters; all are 1 at initialisation. Whiskers: one"
            + " standard error of an eigenvalue apart from the others. Monte Carlo error spreads"
            + " equal eigenvalues, so the smooth part around 1 is no structure"
            + (below ? ", and the extrapolation in S may take small ones below 0." : "."));
  }
}
