package org.richkernel.report.plot;

import java.util.List;

/** A histogram: filled steps over bins of equal width. */
final class Steps extends Mark {
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
  boolean standsOnAxis() {
    return true;
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
  void write(CsvText csv, List<String> labels) {
    for (int i = 0; i < counts.length; i++) {
      String middle = CsvText.number(low + (i + 0.5) * binWidth);
      csv.row(name, middle, CsvText.number(counts[i]), "");
    }
  }

  @Override
  void drawKey(SvgWriter svg, double x, double y) {
    svg.rect("area " + color, x + 3, y - 5, 12, 10);
  }
}
