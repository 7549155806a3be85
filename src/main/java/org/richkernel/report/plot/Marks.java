package org.richkernel.report.plot;

import java.util.List;

/** Marks at points of a plane: lines, bands, error bars, points and levels. */
final class Marks {
  private Marks() {}

  /** A line through (x_i, y_i), broken where a value cannot be shown. */
  static final class Line extends Mark {
    /** Least distance of two markers along the line, in pixels. */
    private static final double SPACING = 62;

    private final double[] xs;
    private final double[] ys;
    private final double[] errors;
    private final Kind kind;

    /** How a line is drawn. */
    enum Kind {
      STROKE("stroke"),
      /** Markers are drawn by others. */
      JOINING("stroke"),
      HAIR("hair"),
      BESIDE("dashes");

      final String css;

      Kind(String css) {
        this.css = css;
      }
    }

    Line(String name, String color, Kind kind, double[] xs, double[] ys) {
      this(name, color, kind, xs, ys, new double[0]);
    }

    /** A line whose standard errors another mark draws; they are written beside it. */
    Line(String name, String color, Kind kind, double[] xs, double[] ys, double[] errors) {
      super(name, color);
      if (xs.length != ys.length || (errors.length != 0 && errors.length != xs.length)) {
        throw new IllegalArgumentException(xs.length + " x for " + ys.length + " y");
      }
      this.xs = xs;
      this.ys = ys;
      this.errors = errors;
      this.kind = kind;
    }

    private boolean isMarked() {
      return series.marksLines
          && !color.equals("reference")
          && (kind == Kind.STROKE || kind == Kind.BESIDE);
    }

    @Override
    void extend(Range x, Range y) {
      for (int i = 0; i < xs.length; i++) {
        x.include(xs[i]);
        y.include(ys[i]);
      }
    }

    @Override
    void draw(Frame frame, SvgWriter svg) {
      StringBuilder path = new StringBuilder();
      boolean pen = false;
      for (int i = 0; i < xs.length; i++) {
        boolean shown = frame.shows(xs[i], ys[i]);
        if (shown) {
          path.append(pen ? 'L' : 'M').append(SvgWriter.px(frame.x(xs[i])));
          path.append(' ').append(SvgWriter.px(frame.y(ys[i])));
        }
        pen = shown;
      }
      if (path.length() > 0) {
        svg.element("path", "class", kind.css + " " + color, "d", path.toString());
      }
      if (isMarked()) {
        drawMarkers(frame, svg);
      }
    }

    /** Markers at data points, sparse, and at other places for other series. */
    private void drawMarkers(Frame frame, SvgWriter svg) {
      double since = SPACING * (0.75 - 0.12 * (series.ordinal() % 5));
      double beforeX = Double.NaN;
      double beforeY = Double.NaN;
      for (int i = 0; i < xs.length; i++) {
        if (!frame.shows(xs[i], ys[i])) {
          continue;
        }
        double x = frame.x(xs[i]);
        double y = frame.y(ys[i]);
        since += Double.isNaN(beforeX) ? 0 : Math.hypot(x - beforeX, y - beforeY);
        beforeX = x;
        beforeY = y;
        if (since >= SPACING) {
          series.marker.draw(svg, markerClass(), x, y, 3.1);
          since = 0;
        }
      }
    }

    private String markerClass() {
      return (kind == Kind.BESIDE ? "open " : "dots ") + color;
    }

    @Override
    void write(CsvText csv, List<String> labels) {
      for (int i = 0; i < xs.length; i++) {
        String error = errors.length == 0 ? "" : CsvText.number(errors[i]);
        csv.row(name, place(xs[i], labels), CsvText.number(ys[i]), error);
      }
    }

    @Override
    void drawKey(SvgWriter svg, double x, double y) {
      svg.line(kind.css + " " + color, x, y, x + 18, y);
      if (isMarked() || (kind == Kind.JOINING && series.marksLines)) {
        series.marker.draw(svg, markerClass(), x + 9, y, 3.1);
      }
    }
  }

  /** The area between two lines over the same x, without a place in the legend. */
  static final class Band extends Mark {
    private final double[] xs;
    private final double[] lower;
    private final double[] upper;

    Band(String color, double[] xs, double[] lower, double[] upper) {
      super("", color);
      if (xs.length != lower.length || xs.length != upper.length) {
        throw new IllegalArgumentException(
            xs.length + " x for " + lower.length + " lower and " + upper.length + " upper y");
      }
      this.xs = xs;
      this.lower = lower;
      this.upper = upper;
    }

    @Override
    void extend(Range x, Range y) {
      // the line within the band sets the axes
    }

    @Override
    void draw(Frame frame, SvgWriter svg) {
      StringBuilder path = new StringBuilder();
      int from = 0;
      for (int i = 0; i <= xs.length; i++) {
        if (i == xs.length || !isShown(frame, i)) {
          outline(frame, from, i, path);
          from = i + 1;
        }
      }
      if (path.length() > 0) {
        svg.element("path", "class", "band " + color, "d", path.toString());
      }
    }

    /** A lower end that a logarithmic axis cannot show is its lower edge. */
    private boolean isShown(Frame frame, int i) {
      return Double.isFinite(lower[i]) && frame.shows(xs[i], upper[i]);
    }

    private void outline(Frame frame, int from, int to, StringBuilder path) {
      for (int i = from; i < to; i++) {
        path.append(i == from ? 'M' : 'L').append(SvgWriter.px(frame.x(xs[i])));
        path.append(' ').append(SvgWriter.px(frame.yOrBottom(upper[i])));
      }
      for (int i = to - 1; i >= from; i--) {
        path.append('L').append(SvgWriter.px(frame.x(xs[i])));
        path.append(' ').append(SvgWriter.px(frame.yOrBottom(lower[i])));
      }
      path.append(to > from ? "Z" : "");
    }

    @Override
    void write(CsvText csv, List<String> labels) {
      // the line within the band carries the errors
    }

    @Override
    void drawKey(SvgWriter svg, double x, double y) {
      // the line within the band is in the legend
    }
  }

  /** Error bars at (x_i, y_i), without a place in the legend. */
  static final class Whiskers extends Mark {
    private static final double HALF_WIDTH = 4;

    private final String css;
    private final double[] xs;
    private final double[] ys;
    private final double[] errors;

    /** Error bars with classes of the style sheet: whisker, or whisker beside where dashed. */
    Whiskers(String css, String color, double[] xs, double[] ys, double[] errors) {
      super("", color);
      if (xs.length != ys.length || xs.length != errors.length) {
        throw new IllegalArgumentException(
            xs.length + " x, " + ys.length + " y, " + errors.length + " errors");
      }
      this.css = css;
      this.xs = xs;
      this.ys = ys;
      this.errors = errors;
    }

    @Override
    void extend(Range x, Range y) {
      for (int i = 0; i < xs.length; i++) {
        if (isShown(i)) {
          double low = ys[i] - errors[i];
          y.include(ys[i] + errors[i]);
          // a bar that almost reaches zero must not stretch a logarithmic axis by decades
          y.include(low > 0 && low < 0.1 * ys[i] ? 0 : low);
        }
      }
    }

    private boolean isShown(int i) {
      return errors[i] > 0 && Double.isFinite(errors[i]);
    }

    @Override
    void draw(Frame frame, SvgWriter svg) {
      String mark = css + " " + color;
      for (int i = 0; i < xs.length; i++) {
        if (!isShown(i) || !frame.shows(xs[i], ys[i])) {
          continue;
        }
        double x = frame.x(xs[i]);
        double high = frame.y(ys[i] + errors[i]);
        boolean ends = frame.shows(xs[i], ys[i] - errors[i]);
        double low = ends ? Math.min(frame.bottom(), frame.y(ys[i] - errors[i])) : frame.bottom();
        svg.line(mark, x, low, x, high);
        svg.line(mark, x - HALF_WIDTH, high, x + HALF_WIDTH, high);
        if (low < frame.bottom()) {
          svg.line(mark, x - HALF_WIDTH, low, x + HALF_WIDTH, low);
        }
      }
    }

    @Override
    void write(CsvText csv, List<String> labels) {
      // the line through the points carries the errors
    }

    @Override
    void drawKey(SvgWriter svg, double x, double y) {
      // the line through the points is in the legend
    }
  }

  /**
   * The marker of its series at every (x_i, y_i), in one colour, or discs or in the colour of a
   * value between 0 and 1.
   */
  static final class Points extends Mark {
    private final double[] xs;
    private final double[] ys;
    private final double[] shades;
    private final double radius;

    Points(String name, String color, double radius, double[] xs, double[] ys, double[] shades) {
      super(name, color);
      if (xs.length != ys.length || (shades.length != 0 && shades.length != xs.length)) {
        throw new IllegalArgumentException(
            xs.length + " x, " + ys.length + " y, " + shades.length + " shades");
      }
      this.xs = xs;
      this.ys = ys;
      this.shades = shades;
      this.radius = radius;
    }

    @Override
    void extend(Range x, Range y) {
      for (int i = 0; i < xs.length; i++) {
        x.include(xs[i]);
        y.include(ys[i]);
      }
    }

    @Override
    void draw(Frame frame, SvgWriter svg) {
      boolean shaded = shades.length > 0;
      Series.Marker marker = shaded ? Series.Marker.DISC : series.marker;
      svg.open("g", "class", "dots " + color);
      for (int i = 0; i < xs.length; i++) {
        if (frame.shows(xs[i], ys[i])) {
          marker.draw(svg, "", frame.x(xs[i]), frame.y(ys[i]), radius);
          if (shaded) {
            svg.attributes("style", "fill:" + ColorMap.hex(shades[i]));
          }
        }
      }
      svg.close();
    }

    @Override
    void write(CsvText csv, List<String> labels) {
      for (int i = 0; i < xs.length; i++) {
        String shade = shades.length == 0 ? "" : "shade " + CsvText.number(shades[i], 4);
        csv.row(shade.isEmpty() ? name : shade, place(xs[i], labels), CsvText.number(ys[i]), "");
      }
    }

    @Override
    void drawKey(SvgWriter svg, double x, double y) {
      series.marker.draw(svg, "dots " + color, x + 9, y, 4);
    }
  }

  /** A level across the whole plot: a tolerance, a target. */
  static final class Level extends Mark {
    private final double level;

    Level(String name, double level) {
      super(name, "reference");
      this.level = level;
    }

    @Override
    void extend(Range x, Range y) {
      y.include(level);
    }

    @Override
    void draw(Frame frame, SvgWriter svg) {
      if (frame.yScale().accepts(level)) {
        double y = frame.y(level);
        svg.line("dashes reference", frame.left(), y, frame.right(), y);
      }
    }

    @Override
    void write(CsvText csv, List<String> labels) {
      csv.row(name, "", CsvText.number(level), "");
    }

    @Override
    void drawKey(SvgWriter svg, double x, double y) {
      svg.line("dashes reference", x, y, x + 18, y);
    }
  }
}
