package org.richkernel.report.plot;

import java.util.List;

/** Something drawn inside the axes of a {@link Plot}. */
abstract class Mark {
  /** Name in the legend; empty for none. */
  final String name;

  /** CSS class that carries the colour. */
  final String color;

  final Series series;

  Mark(String name, String color) {
    this.name = name;
    this.color = color;
    this.series = Series.of(color);
  }

  /** Shows the ranges to the axes. */
  abstract void extend(Range x, Range y);

  /** Whether it stands on the axis, which then begins at zero without a margin. */
  boolean standsOnAxis() {
    return false;
  }

  /** Draws itself; values that an axis cannot show are left out. */
  abstract void draw(Frame frame, SvgWriter svg);

  /**
   * Adds the values that the mark draws.
   *
   * @param labels of the categories; empty where the horizontal axis has numbers
   */
  abstract void write(CsvText csv, List<String> labels);

  /** A horizontal place as text. */
  static String place(double x, List<String> labels) {
    return labels.isEmpty() || !(x >= 0 && x < labels.size())
        ? CsvText.number(x)
        : labels.get((int) x);
  }

  /** Draws its sample in the legend, 18 pixels wide and centred at height y. */
  abstract void drawKey(SvgWriter svg, double x, double y);

  /** Smallest and largest of the finite values seen, and the smallest positive one. */
  static final class Range {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    double lowestPositive = Double.POSITIVE_INFINITY;

    void include(double value) {
      if (Double.isFinite(value)) {
        low = Math.min(low, value);
        high = Math.max(high, value);
        if (value > 0) {
          lowestPositive = Math.min(lowestPositive, value);
        }
      }
    }

    boolean isEmpty() {
      return high < low;
    }
  }

  /**
   * The rectangle inside the axes, in pixels.
   *
   * @param top above {@code bottom}, thus the smaller number
   */
  record Frame(double left, double right, double top, double bottom, Scale xScale, Scale yScale) {
    double x(double value) {
      return left + (right - left) * xScale.unit(value);
    }

    double y(double value) {
      return bottom - (bottom - top) * yScale.unit(value);
    }

    /** The same, at the lower edge where the axis has no place for the value. */
    double yOrBottom(double value) {
      double height = bottom - top;
      // edges that reach far beyond the frame keep their slope within it
      return yScale.accepts(value)
          ? Math.max(top - 20 * height, Math.min(bottom + 20 * height, y(value)))
          : bottom;
    }

    boolean shows(double x, double y) {
      return xScale.accepts(x) && yScale.accepts(y);
    }
  }
}
