package org.richkernel.report.plot;

/** Error bars at points: from y - error to y + error. */
final class Whiskers extends Mark {
  private static final double HALF_CAP = 3;

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

  private boolean drawn(int i) {
    return errors[i] > 0 && Double.isFinite(errors[i]);
  }

  @Override
  void extend(Range x, Range y) {
    for (int i = 0; i < xs.length; i++) {
      if (drawn(i)) {
        x.include(xs[i]);
        y.include(ys[i] + errors[i]);
        y.include(ys[i] - errors[i]);
      }
    }
  }

  @Override
  void draw(Frame frame, SvgWriter svg) {
    for (int i = 0; i < xs.length; i++) {
      boolean shown =
          drawn(i)
              && frame.shows(xs[i], ys[i] - errors[i])
              && frame.shows(xs[i], ys[i] + errors[i]);
      if (shown) {
        double x = frame.x(xs[i]);
        double low = frame.y(ys[i] - errors[i]);
        double high = frame.y(ys[i] + errors[i]);
        svg.line("whisker", x, low, x, high);
        svg.line("whisker", x - HALF_CAP, low, x + HALF_CAP, low);
        svg.line("whisker", x - HALF_CAP, high, x + HALF_CAP, high);
      }
    }
  }

  @Override
  void drawKey(SvgWriter svg, double x, double y) {
    svg.line("whisker", x + 9, y - 5, x + 9, y + 5);
  }
}
