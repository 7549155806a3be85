package org.richkernel.report.plot;

import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** Square matrices side by side as images on one colour scale, with a colour bar. */
public final class HeatMap implements Drawing {
  /** Largest side of an image in pixels; larger matrices are averaged down to it. */
  public static final int MAX_PIXELS = 400;

  /** Largest side of a matrix that is written as numbers; larger ones are averaged down to it. */
  static final int MOST_WRITTEN = 100;

  /** Share of the entries that are clipped at either end of the colour scale. */
  public static final double CLIPPED = 0.005;

  private static final double SIDE = 310;
  private static final double LEFT = 64;
  private static final double GAP = 34;
  private static final double BAR = 76;
  private static final double TOP = 34;

  /** An n x n matrix, by its entries. */
  @FunctionalInterface
  public interface Entries {
    /** The entry of a row and a column, which count from 0. */
    double at(int row, int column);
  }

  /**
   * A matrix to show.
   *
   * @param n its rows
   * @param side pixels of a side, at most {@value #MAX_PIXELS}
   * @param pixels side x side, row by row: means over blocks of the matrix where it is larger
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Panel(String title, int n, int side, double[] pixels) {
    /** The pixels of a matrix, which is not held. */
    public static Panel of(String title, int n, Entries matrix) {
      int side = Math.min(n, MAX_PIXELS);
      return new Panel(title, n, side, average(matrix, n, side));
    }
  }

  /**
   * Neighbouring rows that belong together.
   *
   * @param from first row
   * @param to row after the last
   */
  public record Group(String label, int from, int to) {}

  private final List<Panel> panels;
  private final List<Group> groups;
  private final String axisLabel;
  private double low;
  private double high;

  /**
   * Panels that share their rows' meaning and their colours.
   *
   * @param groups marked by lines and labels; may be empty
   * @param axisLabel meaning of a row and a column
   */
  public HeatMap(List<Panel> panels, List<Group> groups, String axisLabel) {
    this.panels = List.copyOf(panels);
    this.groups = List.copyOf(groups);
    this.axisLabel = axisLabel;
  }

  /** One svg element a panel, each with the colour bar that all share. */
  @Override
  public List<String> svgs() {
    setColorRange();
    return panels.stream().map(panel -> draw(List.of(panel), true)).toList();
  }

  @Override
  public String document() {
    setColorRange();
    return draw(panels, false);
  }

  private String draw(List<Panel> shown, boolean ofPage) {
    double width = LEFT + shown.size() * SIDE + (shown.size() - 1) * GAP + BAR;
    double height = TOP + SIDE + 46;
    String description = "heat map of " + shown.get(0).title();
    SvgWriter svg =
        ofPage
            ? SvgWriter.ofPage(width, height, description)
            : SvgWriter.ofFile(width, height, description);
    for (int i = 0; i < shown.size(); i++) {
      drawPanel(svg, shown.get(i), LEFT + i * (SIDE + GAP), i == 0);
    }
    drawColorBar(svg, LEFT + shown.size() * (SIDE + GAP) - GAP + 14, TOP, SIDE, low, high);
    return svg.finish();
  }

  /** One row an entry of the lower triangles: panel, row, column, value. */
  @Override
  public String csv() {
    CsvText csv = new CsvText().row("panel", "row", "column", "value");
    for (Panel panel : panels) {
      int side = Math.min(panel.n(), MOST_WRITTEN);
      Entries shown = (row, column) -> panel.pixels()[row * panel.side() + column];
      double[] values = average(shown, panel.side(), side);
      String name =
          panel.title() + (side < panel.n() ? ", means of blocks of all " + panel.n() : "");
      for (int i = 0; i < side; i++) {
        for (int j = 0; j <= i; j++) {
          String value = CsvText.number(values[i * side + j], 5);
          csv.row(name, Integer.toString(i + 1), Integer.toString(j + 1), value);
        }
      }
    }
    return csv.toString();
  }

  /** Ends the colours at quantiles, so that a few large entries do not darken all others. */
  private void setColorRange() {
    double[] sorted =
        panels.stream()
            .flatMapToDouble(panel -> Arrays.stream(panel.pixels()))
            .filter(Double::isFinite)
            .sorted()
            .toArray();
    if (sorted.length == 0) {
      return;
    }
    int cut = (int) (CLIPPED * (sorted.length - 1));
    low = sorted[cut];
    high = sorted[sorted.length - 1 - cut];
  }

  private void drawPanel(SvgWriter svg, Panel panel, double left, boolean first) {
    svg.text("title", "start", left, TOP - 12, panel.title());
    byte[] indices = new byte[panel.pixels().length];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = (byte) ColorMap.index(panel.pixels()[i], low, high);
    }
    image(svg, left, TOP, SIDE, SIDE, PngEncoder.encode(indices, panel.side(), panel.side()));
    svg.rect("frame", left, TOP, SIDE, SIDE);
    double scale = SIDE / panel.n();
    for (Group group : groups) {
      double from = scale * group.from();
      double middle = scale * (group.from() + group.to()) / 2.0;
      if (group.from() > 0) {
        svg.line("boundary", left + from, TOP, left + from, TOP + SIDE);
        svg.line("boundary", left, TOP + from, left + SIDE, TOP + from);
      }
      svg.text("tick", "middle", left + middle, TOP + SIDE + 17, group.label());
      if (first) {
        svg.verticalText("tick", left - 9, TOP + middle, group.label());
      }
    }
    svg.text("label", "middle", left + SIDE / 2, TOP + SIDE + 38, axisLabel);
    if (first) {
      svg.verticalText("label", left - 34, TOP + SIDE / 2, axisLabel);
    }
  }

  /** The scale of the colours from low, at the bottom, to high. */
  static void drawColorBar(
      SvgWriter svg, double left, double top, double height, double low, double high) {
    byte[] ramp = new byte[ColorMap.SIZE];
    for (int i = 0; i < ramp.length; i++) {
      ramp[i] = (byte) (ramp.length - 1 - i);
    }
    image(svg, left, top, 14, height, PngEncoder.encode(ramp, 1, ramp.length));
    svg.rect("frame", left, top, 14, height);
    Scale scale = Scale.linear(low, high);
    for (Scale.Tick tick : scale.ticks()) {
      double y = top + height * (1 - scale.unit(tick.value()));
      svg.line("axis", left + 14, y, left + 18, y);
      svg.text("tick", "start", left + 22, y + 4, tick.label());
    }
  }

  /** Pixels without smoothing, stretched over a rectangle. */
  static void image(SvgWriter svg, double x, double y, double width, double height, byte[] png) {
    svg.element(
        "image",
        "class",
        "pixels",
        "x",
        SvgWriter.px(x),
        "y",
        SvgWriter.px(y),
        "width",
        SvgWriter.px(width),
        "height",
        SvgWriter.px(height));
    svg.attributes("preserveAspectRatio", "none");
    svg.attributes("href", "data:image/png;base64," + Base64.getEncoder().encodeToString(png));
  }

  /**
   * Averages an n x n matrix over blocks to m x m, m at most n; the blocks' sides differ by at most
   * one.
   */
  static double[] average(Entries matrix, int n, int m) {
    double[] small = new double[m * m];
    for (int i = 0; i < m; i++) {
      int rowFrom = (int) ((long) i * n / m);
      int rowTo = (int) ((long) (i + 1) * n / m);
      for (int j = 0; j < m; j++) {
        int columnFrom = (int) ((long) j * n / m);
        int columnTo = (int) ((long) (j + 1) * n / m);
        double sum = 0;
        for (int row = rowFrom; row < rowTo; row++) {
          for (int column = columnFrom; column < columnTo; column++) {
            sum += matrix.at(row, column);
          }
        }
        small[i * m + j] = sum / ((double) (rowTo - rowFrom) * (columnTo - columnFrom));
      }
    }
    return small;
  }
}
