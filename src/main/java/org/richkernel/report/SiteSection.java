package org.richkernel.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.report.plot.ImageTiles;
import org.richkernel.result.Result;

/** Variance and alignment of the layers of a convolutional network, site by site. */
final class SiteSection {
  private SiteSection() {}

  static Section of(Result result, Wording wording) {
    List<Figure> figures = new ArrayList<>();
    for (int l = 1; result.array("site_variance_" + l).isPresent(); l++) {
      String phi = "\u03a6" + KernelSet.superscript(l);
      String errors = errors(result, "site_alignment_" + l);
      figure(result, wording, "site_variance_", l, "Variance, layer " + l)
          .ifPresent(
              tiles ->
                  figures.add(
                      new Figure(
                          tiles,
                          "Diagonal of "
                              + phi
                              + " at each site, averaged over the training images.")));
      figure(result, wording, "site_alignment_", l, "Alignment, layer " + l)
          .ifPresent(
              tiles ->
                  figures.add(
                      new Figure(
                          tiles,
                          "y\u1d40"
                              + phi
                              + "\u2090\u2090y / (\u2016"
                              + phi
                              + "\u2090\u2090\u2016 |y|\u00b2) of the kernel of each site a alone,"
                              + " between equal sites of two images"
                              + errors
                              + ".")));
    }
    return Section.ofFigures(
        "sites",
        "Sites",
        figures.isEmpty()
            ? ""
            : "Where in the image a layer's features are large, and where they tell the targets"
                + " apart. A picture's colours are one scale, from its smallest to its largest"
                + " value.",
        figures);
  }

  /** The root mean square of the standard errors, in words. */
  private static String errors(Result result, String name) {
    return result
        .array(name + "_standard_error")
        .map(
            table -> {
              double sum = 0;
              for (double error : table.values()) {
                sum += error * error / table.values().length;
              }
              return String.format(Locale.ROOT, "; standard error of a site %.1g", Math.sqrt(sum));
            })
        .orElse("");
  }

  private static Optional<ImageTiles> figure(
      Result result, Wording wording, String name, int layer, String title) {
    Optional<Table> own = result.array(name + layer).filter(map -> map.values().length > 0);
    Optional<Table> lazy =
        result
            .array(name + "lazy_" + layer)
            .filter(map -> own.isPresent() && Arrays.equals(map.shape(), own.get().shape()));
    List<ImageTiles.Tile> tiles = new ArrayList<>();
    lazy.ifPresent(map -> tiles.add(tile("lazy", map)));
    own.ifPresent(map -> tiles.add(tile(wording.name(), map)));
    return tiles.isEmpty() ? Optional.empty() : Optional.of(ImageTiles.of(title, tiles, 2));
  }

  private static ImageTiles.Tile tile(String title, Table map) {
    return new ImageTiles.Tile(title, map.rows(), map.columns(), map.values());
  }
}
