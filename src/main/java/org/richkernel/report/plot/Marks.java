package org.richkernel.report.plot;

/** The kinds of marks that the plots are made of. */
final class Marks {
  private Marks() {}

  /** A line through (x_i, y_i), broken where a value cannot be shown. */
  static final class Line extends Mark {
    private final double[] xs;
    private final double[] ys;
    private final String stroke;

    Line(String name, String color, String stroke, double[] xs, double[] ys) {
      super(name, color);
      if (xs.length != ys.length) {
        throw new IllegalArgumentException(xs.length + " x for " + ys.length + " y");
      }
      this.xs = xs;
      this.ys = ys;
      this.stroke = stroke;
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
        svg.element("path", "class", stroke + " " + color, "d", path.toString());
      }
    }

    @Override
    void drawKey(SvgWriter svg, double x, double y) {
      svg.line(stroke + " " + color, x, y, x + 18, y);
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
      StringBuilder up = new StringBuilder();
      StringBuilder back = new StringBuilder();
      for (int i = 0; i < xs.length; i++) {
        if (frame.shows(xs[i], lower[i]) && frame.shows(xs[i], upper[i])) {
          String x = SvgWriter.px(frame.x(xs[i]));
          up.append(up.length() == 0 ? 'M' : 'L').append(x);
          up.append(' ').append(SvgWriter.px(frame.y(upper[i])));
          back.insert(0, 'L' + x + ' ' + SvgWriter.px(frame.y(lower[i])));
        }
      }
      if (up.length() > 0) {
        svg.element("path", "class", "band " + color, "d", up.append(back).append('Z').toString());
      }
    }

    @Override
    void drawKey(SvgWriter svg, double x, double y) {
      // the line within the band stands in the legend
    }
  }

  /** Error bars at (x_i, y_i), without a place in the legend. */
  static final class Whiskers extends Mark {
    private static final double HALF_WIDTH = 4;

    private final double[] xs;
    private final double[] ys;
    private final double[] errors;

    Whiskers(String color, double[] xs, double[] ys, double[] errors) {
      super("", color);
      if (xs.length != ys.length || xs.length != errors.length) {
        throw new IllegalArgumentException(
            xs.length + " x, " + ys.length + " y, " + errors.length + " errors");
      }
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
      String mark = "whisker " + color;
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
    void drawKey(SvgWriter svg, double x, double y) {
      // the line through the points stands in the legend
    }
  }

  /** A disc at every (x_i, y_i), in one colour or in the colour of a value between 0 and 1. */
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
      svg.open("g", "class", "dots " + color);
      for (int i = 0; i < xs.length; i++) {
        if (frame.shows(xs[i], ys[i])) {
          svg.element(
              "circle",
              "cx",
              SvgWriter.px(frame.x(xs[i])),
              "cy",
              SvgWriter.px(frame.y(ys[i])),
              "r",
              SvgWriter.px(radius));
          if (shades.length > 0) {
            svg.attributes("style", "fill:" + ColorMap.hex(shades[i]));
          }
        }
      }
      svg.close();
    }

    @Override
    void drawKey(SvgWriter svg, double x, double y) {
      svg.open("g", "class", "dots " + color);
      svg.element("circle", "cx", SvgWriter.px(x + 9), "cy", SvgWriter.px(y), "r", "4").close();
    }
  }

  /** Upright bars from zero with error bars, beside those of other series. */
  static final class Bars extends Mark {
    private final double[] heights;
    private final double[] errors;
    private final int slot;
    private final int slots;

    Bars(String name, String color, double[] heights, double[] errors, int slot, int slots) {
      super(name, color);
      this.heights = heights;
      this.errors = errors;
      this.slot = slot;
      this.slots = slots;
    }

    @Override
    void extend(Range x, Range y) {
      y.include(0);
      for (int i = 0; i < heights.length; i++) {
        double error = Double.isFinite(errors[i]) ? errors[i] : 0;
        y.include(heights[i] + error);
        y.include(Math.min(0, heights[i] - error));
      }
    }

    @Override
    void draw(Frame frame, SvgWriter svg) {
      double cell = frame.x(1) - frame.x(0);
      double width = Math.min(46, 0.72 * cell / slots);
      for (int i = 0; i < heights.length; i++) {
        if (!frame.shows(i, heights[i])) {
          continue;
        }
        double center = frame.x(i) + (slot - (slots - 1) / 2.0) * width;
        double from = Math.min(frame.y(0), frame.y(heights[i]));
        double height = Math.abs(frame.y(0) - frame.y(heights[i]));
        svg.rect("bar " + color, center - 0.46 * width, from, 0.92 * width, height);
        if (errors[i] > 0 && Double.isFinite(errors[i])) {
          double low = frame.y(heights[i] - errors[i]);
          double high = frame.y(heights[i] + errors[i]);
          svg.line("whisker", center, low, center, high);
          svg.line("whisker", center - 4, low, center + 4, low);
          svg.line("whisker", center - 4, high, center + 4, high);
        }
      }
    }

    @Override
    void drawKey(SvgWriter svg, double x, double y) {
      svg.rect("bar " + color, x + 3, y - 5, 12, 10);
    }
  }

  /** A histogram: filled steps over bins of equal width. */
  static final class Steps extends Mark {
    private final double low;
    private final double binWidth;
    private final double[] counts;

    Steps(String name, String color, double low, double binWidth, double[] counts) {
      super(name, color);
      this.low = low;
      this.binWidth = binWidth;
      this.counts = counts;
    }

    @Override
    void extend(Range x, Range y) {
      x.include(low);
      x.include(low + binWidth * counts.length);
      y.include(0);
      for (double count : counts) {
        y.include(count);
      }
    }

    @Override
    void draw(Frame frame, SvgWriter svg) {
      StringBuilder path = new StringBuilder();
      path.append('M').append(at(frame, low, 0));
      for (int i = 0; i < counts.length; i++) {
        path.append('L').append(at(frame, low + i * binWidth, counts[i]));
        path.append('L').append(at(frame, low + (i + 1) * binWidth, counts[i]));
      }
      path.append('L').append(at(frame, low + binWidth * counts.length, 0)).append('Z');
      svg.element("path", "class", "area " + color, "d", path.toString());
    }

    private static String at(Frame frame, double x, double y) {
      return SvgWriter.px(frame.x(x)) + " " + SvgWriter.px(frame.y(y));
    }

    @Override
    void drawKey(SvgWriter svg, double x, double y) {
      svg.rect("area " + color, x + 3, y - 5, 12, 10);
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
    void drawKey(SvgWriter svg, double x, double y) {
      svg.line("dashes reference", x, y, x + 18, y);
    }
  }
}
