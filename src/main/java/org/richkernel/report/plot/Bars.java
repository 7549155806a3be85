package org.richkernel.report.plot;

import java.util.List;

/** Upright bars from zero with error bars, beside those of other series. */
final class Bars extends Mark {
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
  boolean standsOnAxis() {
    return true;
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
  void write(CsvText csv, List<String> labels) {
    for (int i = 0; i < heights.length; i++) {
      double error = errors[i] > 0 ? errors[i] : Double.NaN;
      csv.row(name, place(i, labels), CsvText.number(heights[i]), CsvText.number(error));
    }
  }

  @Override
  void drawKey(SvgWriter svg, double x, double y) {
    svg.rect("bar " + color, x + 3, y - 5, 12, 10);
  }
}
