package org.richkernel.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.richkernel.data.Table;
import org.richkernel.report.plot.ImageTiles;
import org.richkernel.report.plot.Numbers;
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
              return "; standard error of a site "
                  + Numbers.brief(Math.sqrt(sum));
            })
        .orElse("");
  }

  private static Optional<ImageTiles> figure(
      Result result, Wording wording, String name, int layer, String title) {
    List<ImageTiles.Tile> tiles = new ArrayList<>();
    result
        .array(name + "lazy_" + layer)
        .ifPresent(lazy -> tiles.add(tile("lazy", lazy)));
    result
        .array(name + layer)
        .ifPresent(own -> tiles.add(tile(tiles.isEmpty() ? "" : wording.name(), own)));
    return result.array(name + layer).map(own -> ImageTiles.of(title, tiles, 2));
  }

  private static ImageTiles.Tile tile(String title, Table map) {
    return new ImageTiles.Tile(title, map.rows(), map.columns(), map.values());
  }
}
