package org.richkernel.report.plot;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Maps the values of one axis to [0, 1] and chooses its ticks. */
abstract class Scale {
  /**
   * A mark on an axis.
   *
   * @param label text at the mark; empty for a minor tick
   */
  record Tick(double value, String label) {
    boolean isMajor() {
      return !label.isEmpty();
    }
  }

  /** Where a value lies: 0 at the start of the axis, 1 at its end. */
  abstract double unit(double value);

  /** Whether the value can be shown at all; a logarithmic axis has no place for zero. */
  abstract boolean accepts(double value);

  /** The ticks, in increasing order. */
  abstract List<Tick> ticks();

  /** Linear from low to high, widened where both are equal. */
  static Scale linear(double low, double high) {
    double pad = high > low ? 0 : Math.max(1e-12, Math.abs(low) * 0.1);
    return new Linear(low - pad, high + pad);
  }

  /** Logarithmic from low to high, both positive; widened to at least a factor of ten. */
  static Scale log(double low, double high) {
    double a = Math.log10(low);
    double b = Math.log10(high);
    double pad = Math.max(0, 1 - (b - a)) / 2;
    return new Log(a - pad, b + pad);
  }

  /** Places 0, 1, 2 ... in equal cells, labelled. */
  static Scale categories(List<String> labels) {
    return new Categories(List.copyOf(labels));
  }

  private static final class Linear extends Scale {
    private final double low;
    private final double high;

    Linear(double low, double high) {
      this.low = low;
      this.high = high;
    }

    @Override
    double unit(double value) {
      return (value - low) / (high - low);
    }

    @Override
    boolean accepts(double value) {
      return Double.isFinite(value);
    }

    @Override
    List<Tick> ticks() {
      double step = niceStep((high - low) / 5);
      int exponent = (int) Math.floor(Math.log10(step));
      double largest = Math.max(Math.abs(low), Math.abs(high));
      // enough digits to tell neighbouring ticks apart
      int digits = Math.max(1, (int) Math.floor(Math.log10(largest)) - exponent + 1);
      boolean plain = largest < 1e5 && step > 9e-5;
      List<Tick> ticks = new ArrayList<>();
      long first = (long) Math.ceil(low / step - 1e-9);
      long last = (long) Math.floor(high / step + 1e-9);
      for (long i = first; i <= last; i++) {
        double value = i * step;
        String label =
            plain
                ? String.format(Locale.ROOT, "%." + Math.max(0, -exponent) + "f", value)
                : Numbers.scientific(value, digits);
        ticks.add(new Tick(value, label.replace('-', '\u2212')));
      }
      return ticks;
    }

    private static double niceStep(double raw) {
      double power = Math.pow(10, Math.floor(Math.log10(raw)));
      double lead = raw / power;
      double nice = lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10;
      return nice * power;
    }
  }

  private static final class Log extends Scale {
    private final double low;
    private final double high;

    Log(double low, double high) {
      this.low = low;
      this.high = high;
    }

    @Override
    double unit(double value) {
      return (Math.log10(value) - low) / (high - low);
    }

    @Override
    boolean accepts(double value) {
      return value > 0 && Double.isFinite(value);
    }

    @Override
    List<Tick> ticks() {
      int first = (int) Math.floor(low);
      int last = (int) Math.ceil(high);
      int stride = Math.max(1, (last - first + 5) / 6);
      // less than one and a half decades: a single power of ten would leave the axis bare
      boolean also = high - low < 1.5;
      boolean plain = also && low >= -4 && high <= 5;
      List<Tick> ticks = new ArrayList<>();
      for (int decade = first; decade <= last; decade++) {
        boolean labelled = Math.floorMod(decade, stride) == 0;
        add(ticks, 1, decade, labelled, plain);
        for (int lead = 2; lead <= 9 && stride == 1; lead++) {
          add(ticks, lead, decade, also && (lead == 2 || lead == 5), plain);
        }
      }
      return ticks;
    }

    /** One axis has one notation: all labels are plain, or all have a power of ten. */
    private static String label(int lead, int decade, boolean plain) {
      if (plain) {
        return BigDecimal.valueOf(lead).scaleByPowerOfTen(decade).toPlainString();
      }
      return (lead == 1 ? "" : lead + " \u00d7 ") + Numbers.powerOfTen(decade);
    }

    private void add(List<Tick> ticks, int lead, int decade, boolean labelled, boolean plain) {
      double value = lead * Math.pow(10, decade);
      double place = Math.log10(value);
      if (place >= low - 1e-9 && place <= high + 1e-9) {
        ticks.add(new Tick(value, labelled ? label(lead, decade, plain) : ""));
      }
    }
  }

  private static final class Categories extends Scale {
    private final List<String> labels;

    Categories(List<String> labels) {
      this.labels = labels;
    }

    @Override
    double unit(double value) {
      return (value + 0.5) / labels.size();
    }

    @Override
    boolean accepts(double value) {
      return value > -0.5 && value < labels.size() - 0.5;
    }

    @Override
    List<Tick> ticks() {
      List<Tick> ticks = new ArrayList<>();
      int stride = (labels.size() + 15) / 16;
      for (int i = 0; i < labels.size(); i += stride) {
        ticks.add(new Tick(i, labels.get(i)));
      }
      return ticks;
    }
  }
}
