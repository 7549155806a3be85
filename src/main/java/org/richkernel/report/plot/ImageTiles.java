package org.richkernel.report.plot;

import java.util.Arrays;
import java.util.List;

/** Small images in rows, all on one colour scale, with a colour bar. */
public final class ImageTiles implements Drawing {
  private static final double WIDTH = 300;
  private static final double LEFT = 8;
  private static final double GAP = 14;
  private static final double BAR = 74;
  private static final double TOP = 34;
  private static final double TITLE = 22;

  /**
   * An image.
   *
   * @param values rows x columns, row by row
   */
  public record Tile(String title, int rows, int columns, double[] values) {
    public Tile {
      if (rows < 1 || columns < 1 || values.length != (long) rows * columns) {
        throw new IllegalArgumentException(
            values.length + " values do not make an image of " + rows + " x " + columns);
      }
    }
  }

  private final String title;
  private final List<Tile> tiles;
  private final int perRow;
  private final double low;
  private final double high;

  private ImageTiles(String title, List<Tile> tiles, int perRow, double low, double high) {
    this.title = title;
    this.tiles = List.copyOf(tiles);
    this.perRow = perRow;
    this.low = low;
    this.high = high;
  }

  /** Images whose colours end at the smallest and the largest value of all. */
  public static ImageTiles of(String title, List<Tile> tiles, int perRow) {
    double low = values(tiles).min().orElse(0);
    return new ImageTiles(title, tiles, perRow, low, values(tiles).max().orElse(0));
  }

  /** Images with signs: the middle of the colours is 0. */
  public static ImageTiles signed(String title, List<Tile> tiles, int perRow) {
    double most = values(tiles).map(Math::abs).max().orElse(0);
    return new ImageTiles(title, tiles, perRow, -most, most);
  }

  private static java.util.stream.DoubleStream values(List<Tile> tiles) {
    return tiles.stream()
        .flatMapToDouble(tile -> Arrays.stream(tile.values()))
        .filter(Double::isFinite);
  }

  @Override
  public List<String> svgs() {
    return List.of(draw(SvgWriter.ofPage(width(), height(), "images of " + title)));
  }

  @Override
  public String document() {
    return draw(SvgWriter.ofFile(width(), height(), "images of " + title));
  }

  private double tileWidth() {
    return (WIDTH - (perRow - 1) * GAP) / perRow;
  }

  private double tileHeight() {
    double tallest =
        tiles.stream().mapToDouble(t -> (double) t.rows() / t.columns()).max().orElse(1);
    return tileWidth() * Math.min(2, tallest);
  }

  private double width() {
    return LEFT + WIDTH + BAR;
  }

  private double height() {
    int rows = (tiles.size() + perRow - 1) / perRow;
    return TOP + rows * (TITLE + tileHeight() + GAP / 2);
  }

  private String draw(SvgWriter svg) {
    svg.text("title", "start", LEFT, TOP - 14, title);
    double rowHeight = TITLE + tileHeight() + GAP / 2;
    for (int i = 0; i < tiles.size(); i++) {
      Tile tile = tiles.get(i);
      double left = LEFT + i % perRow * (tileWidth() + GAP);
      double top = TOP + i / perRow * rowHeight + TITLE;
      svg.text("tick", "start", left, top - 7, tile.title());
      byte[] colors = new byte[tile.values().length];
      for (int j = 0; j < colors.length; j++) {
        colors[j] = (byte) ColorMap.index(tile.values()[j], low, high);
      }
      byte[] png = PngEncoder.encode(colors, tile.columns(), tile.rows());
      HeatMap.image(svg, left, top, tileWidth(), tileHeight(), png);
      svg.rect("frame", left, top, tileWidth(), tileHeight());
    }
    HeatMap.drawColorBar(svg, LEFT + WIDTH + 14, TOP + TITLE, tileHeight(), low, high);
    return svg.finish();
  }

  /** One row a pixel: image, row, column, value. */
  @Override
  public String csv() {
    CsvText csv = new CsvText().row("image", "row", "column", "value");
    for (Tile tile : tiles) {
      for (int i = 0; i < tile.values().length; i++) {
        csv.row(
            tile.title(),
            Integer.toString(i / tile.columns() + 1),
            Integer.toString(i % tile.columns() + 1),
            CsvText.number(tile.values()[i], 5));
      }
    }
    return csv.toString();
  }
}
