package org.richkernel.report.plot;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;

/**
 * One pair of axes with marks inside, drawn as SVG.
 *
 * <p>The colours are CSS classes ({@code adaptive}, {@code lazy}, {@code c0}, {@code c1}, ...) of
 * {@link PlotStyle}. Values that are not finite, or not positive on a logarithmic axis, are left
 * out.
 */
public final class Plot implements Drawing {
  private static final double CHARACTER = 6.1;
  private static final double LINE_HEIGHT = 17;

  private final String title;
  private final String xLabel;
  private final String yLabel;
  private final List<Mark> marks = new ArrayList<>();

  /** The marks whose numbers are written; others only dress these. */
  private final List<Mark> written = new ArrayList<>();

  private final Mark.Range xRange = new Mark.Range();
  private final Mark.Range yRange = new Mark.Range();
  private double width = 460;
  private double height = 320;
  private boolean logX;
  private boolean logY;
  private boolean equalAxes;
  private List<String> categories = List.of();

  /** An empty plot. */
  public Plot(String title, String xLabel, String yLabel) {
    this.title = title;
    this.xLabel = xLabel;
    this.yLabel = yLabel;
  }

  /** Sets the size in pixels. */
  public Plot size(double widthPixels, double heightPixels) {
    this.width = widthPixels;
    this.height = heightPixels;
    return this;
  }

  /** Makes the horizontal axis logarithmic. */
  public Plot logX() {
    logX = true;
    return this;
  }

  /** Makes the vertical axis logarithmic. */
  public Plot logY() {
    logY = true;
    return this;
  }

  /** Gives both axes the same range and draws their diagonal. */
  public Plot equalAxes() {
    equalAxes = true;
    return this;
  }

  /** Puts labelled categories at x = 0, 1, 2 ... */
  public Plot categories(List<String> labels) {
    categories = List.copyOf(labels);
    return this;
  }

  /** Widens the vertical axis so that it holds a value. */
  public Plot includeY(double value) {
    yRange.include(value);
    return this;
  }

  /** Adds a line with the dash and the markers of its series. */
  public Plot line(String name, String color, double[] xs, double[] ys) {
    return add(new Marks.Line(name, color, Marks.Line.Kind.STROKE, xs, ys));
  }

  /** Adds a line and the band of its errors, left out where they are NaN. */
  public Plot lineWithErrors(String name, String color, double[] xs, double[] ys, double[] errors) {
    double[] lower = ys.clone();
    double[] upper = ys.clone();
    for (int i = 0; i < ys.length; i++) {
      lower[i] -= errors[i];
      upper[i] += errors[i];
    }
    marks.add(new Marks.Band(color, xs, lower, upper));
    return add(new Marks.Line(name, color, Marks.Line.Kind.STROKE, xs, ys, errors));
  }

  /** Adds a line, its points and their error bars, left out where the errors are NaN. */
  public Plot pointsWithErrors(
      String name, String color, double[] xs, double[] ys, double[] errors) {
    add(new Marks.Line(name, color, Marks.Line.Kind.JOINING, xs, ys, errors));
    marks.add(new Marks.Whiskers("whisker", color, xs, ys, errors));
    marks.add(new Marks.Points("", color, radius(xs.length), xs, ys, new double[0]));
    return this;
  }

  /** Adds points and their error bars without a line, left out where the errors are NaN. */
  public Plot measurements(String name, String color, double[] xs, double[] ys, double[] errors) {
    written.add(new Marks.Line(name, color, Marks.Line.Kind.JOINING, xs, ys, errors));
    marks.add(new Marks.Whiskers("whisker", color, xs, ys, errors));
    marks.add(new Marks.Points(name, color, radius(xs.length), xs, ys, new double[0]));
    return this;
  }

  /** Adds a thin, pale line, for many lines of a kind. */
  public Plot hairline(String name, String color, double[] xs, double[] ys) {
    return add(new Marks.Line(name, color, Marks.Line.Kind.HAIR, xs, ys));
  }

  /** Adds a dashed line with hollow markers: a law, an approximation, initial values. */
  public Plot dashed(String name, String color, double[] xs, double[] ys) {
    return add(new Marks.Line(name, color, Marks.Line.Kind.BESIDE, xs, ys));
  }

  /** Adds a dashed line and its dashed error bars, left out where the errors are NaN. */
  public Plot dashedWithErrors(
      String name, String color, double[] xs, double[] ys, double[] errors) {
    marks.add(new Marks.Whiskers("whisker beside", color, xs, ys, errors));
    return add(new Marks.Line(name, color, Marks.Line.Kind.BESIDE, xs, ys, errors));
  }

  /** Adds a dashed horizontal line at a level. */
  public Plot level(String name, double level) {
    return add(new Marks.Level(name, level));
  }

  /** Adds points of one colour. */
  public Plot points(String name, String color, double[] xs, double[] ys) {
    return add(new Marks.Points(name, color, radius(xs.length), xs, ys, new double[0]));
  }

  /** Adds points whose colour is taken from {@link ColorMap} at shades between 0 and 1. */
  public Plot shadedPoints(double[] xs, double[] ys, double[] shades) {
    return add(new Marks.Points("", "", radius(xs.length), xs, ys, shades));
  }

  private static double radius(int points) {
    return points > 1000 ? 1.8 : points > 300 ? 2.4 : 3.2;
  }

  /**
   * Adds bars over the categories.
   *
   * @param errors standard errors, NaN for none
   * @param slot place among the {@code slots} series that share a category
   */
  public Plot bars(
      String name, String color, double[] heights, double[] errors, int slot, int slots) {
    return add(new Bars(name, color, heights, errors, slot, slots));
  }

  /** Adds a histogram that starts at low with bins of one width. */
  public Plot histogram(String name, String color, double low, double binWidth, double[] counts) {
    return add(new Steps(name, color, low, binWidth, counts));
  }

  private Plot add(Mark mark) {
    marks.add(mark);
    written.add(mark);
    return this;
  }

  /** The plot as an svg element of a page. */
  public String svg() {
    return draw(SvgWriter.ofPage(width, height, description()));
  }

  @Override
  public List<String> svgs() {
    return List.of(svg());
  }

  @Override
  public String document() {
    return draw(SvgWriter.ofFile(width, height, description()));
  }

  /** One row per point: series, position, value, standard error; empty without an error. */
  @Override
  public String csv() {
    CsvText csv = new CsvText().row("series", xLabel, yLabel, "standard error");
    written.forEach(mark -> mark.write(csv, categories));
    return csv.toString();
  }

  private String description() {
    return title.isEmpty() ? yLabel : title;
  }

  private String draw(SvgWriter svg) {
    for (Mark mark : marks) {
      mark.extend(xRange, yRange);
    }
    if (equalAxes) {
      for (double value : new double[] {xRange.low, xRange.high}) {
        yRange.include(value);
      }
      for (double value : new double[] {yRange.low, yRange.high}) {
        xRange.include(value);
      }
    }
    boolean standing = marks.stream().anyMatch(Mark::standsOnAxis);
    Scale xScale =
        categories.isEmpty() ? scale(xRange, logX, standing) : Scale.categories(categories);
    Scale yScale = scale(yRange, logY, standing);

    double left = 36 + CHARACTER * longest(yScale);
    List<List<Mark>> legend = legendRows(width - left - 10);
    double top = (title.isEmpty() ? 12 : 32) + LINE_HEIGHT * legend.size();
    Mark.Frame frame = new Mark.Frame(left, width - 14, top, height - 46, xScale, yScale);

    if (!title.isEmpty()) {
      svg.text("title", "start", left, 18, title);
    }
    drawLegend(svg, legend, left, title.isEmpty() ? 12 : 34);
    drawAxes(svg, frame);
    String clip = clip(svg, frame);
    svg.open("g", "clip-path", "url(#" + clip + ")");
    if (equalAxes) {
      svg.line("dashes reference", frame.left(), frame.bottom(), frame.right(), frame.top());
    }
    for (Mark mark : marks) {
      mark.draw(frame, svg);
    }
    svg.close();
    return svg.finish();
  }

  /** Defines the frame as the clipping region of marks; its name depends on the content. */
  private String clip(SvgWriter svg, Mark.Frame frame) {
    CRC32 content = new CRC32();
    content.update((title + width + height + csv()).getBytes(StandardCharsets.UTF_8));
    String name = "frame-" + Long.toHexString(content.getValue());
    svg.open("clipPath", "id", name);
    double w = frame.right() - frame.left();
    svg.element("rect", "x", SvgWriter.px(frame.left()), "y", SvgWriter.px(frame.top()));
    svg.attributes("width", SvgWriter.px(w));
    svg.attributes("height", SvgWriter.px(frame.bottom() - frame.top()));
    svg.close();
    return name;
  }

  /** Axis of a range with a margin of four percent at both ends. */
  private static Scale scale(Mark.Range range, boolean log, boolean standing) {
    if (log) {
      if (!Double.isFinite(range.lowestPositive)) {
        return Scale.log(0.1, 1);
      }
      double margin = Math.pow(range.high / range.lowestPositive, 0.04);
      return Scale.log(range.lowestPositive / margin, range.high * margin);
    }
    if (range.isEmpty()) {
      return Scale.linear(0, 1);
    }
    double margin = 0.04 * (range.high - range.low);
    // bars and histograms stand on the axis
    double low = standing && range.low == 0 ? 0 : range.low - margin;
    return Scale.linear(low, range.high + margin);
  }

  private static int longest(Scale scale) {
    return scale.ticks().stream().mapToInt(tick -> tick.label().length()).max().orElse(1);
  }

  private void drawAxes(SvgWriter svg, Mark.Frame frame) {
    for (Scale.Tick tick : frame.yScale().ticks()) {
      double y = frame.y(tick.value());
      if (tick.isMajor()) {
        svg.line("grid", frame.left(), y, frame.right(), y);
        svg.text("tick", "end", frame.left() - 8, y + 4, tick.label());
      }
      svg.line("axis", frame.left() - (tick.isMajor() ? 5 : 3), y, frame.left(), y);
    }
    for (Scale.Tick tick : frame.xScale().ticks()) {
      double x = frame.x(tick.value());
      if (tick.isMajor()) {
        svg.text("tick", "middle", x, frame.bottom() + 19, tick.label());
      }
      double length = tick.isMajor() ? 5 : 3;
      svg.line("axis", x, frame.bottom(), x, frame.bottom() + length);
    }
    svg.line("axis", frame.left(), frame.top(), frame.left(), frame.bottom());
    svg.line("axis", frame.left(), frame.bottom(), frame.right(), frame.bottom());
    svg.text("label", "middle", (frame.left() + frame.right()) / 2, height - 8, xLabel);
    svg.verticalText("label", 14, (frame.top() + frame.bottom()) / 2, yLabel);
  }

  private static double keyWidth(Mark mark) {
    return 24 + CHARACTER * mark.name.length() + 16;
  }

  private List<List<Mark>> legendRows(double available) {
    List<List<Mark>> rows = new ArrayList<>();
    double used = Double.POSITIVE_INFINITY;
    for (Mark mark : marks) {
      if (mark.name.isEmpty()) {
        continue;
      }
      if (used + keyWidth(mark) > available) {
        rows.add(new ArrayList<>());
        used = 0;
      }
      rows.get(rows.size() - 1).add(mark);
      used += keyWidth(mark);
    }
    return rows;
  }

  private static void drawLegend(
      SvgWriter svg, List<List<Mark>> rows, double left, double firstRow) {
    double y = firstRow;
    for (List<Mark> row : rows) {
      double x = left;
      for (Mark mark : row) {
        mark.drawKey(svg, x, y);
        svg.text("key", "start", x + 24, y + 4, mark.name);
        x += keyWidth(mark);
      }
      y += LINE_HEIGHT;
    }
  }

  /** The numbers first, first + 1, ... as coordinates of a series. */
  public static double[] counting(int first, int count) {
    double[] numbers = new double[count];
    Arrays.setAll(numbers, i -> first + i);
    return numbers;
  }
}
