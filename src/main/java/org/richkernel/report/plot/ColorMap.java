package org.richkernel.report.plot;

import java.util.Locale;

/** The viridis colour map: perceptually uniform, safe for colour-blind readers, fine in grey. */
public final class ColorMap {
  /** Number of distinct colours, the size of the palette of an indexed image. */
  public static final int SIZE = 256;

  /** Twenty equidistant colours of viridis, with interpolation between them. */
  private static final int[] VIRIDIS = {
    0x440154, 0x481567, 0x482677, 0x453781, 0x404788, 0x39568C, 0x33638D, 0x2D708E, 0x287D8E,
    0x238A8D, 0x1F968B, 0x20A387, 0x29AF7F, 0x3CBB75, 0x55C667, 0x73D055, 0x95D840, 0xB8DE29,
    0xDCE319, 0xFDE725
  };

  private ColorMap() {}

  /** The colour at u in [0, 1] as 0xRRGGBB; values outside are clipped. */
  public static int rgb(double u) {
    double at = Math.max(0, Math.min(1, u)) * (VIRIDIS.length - 1);
    int i = Math.min((int) at, VIRIDIS.length - 2);
    double t = at - i;
    int color = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int a = (VIRIDIS[i] >> shift) & 0xff;
      int b = (VIRIDIS[i + 1] >> shift) & 0xff;
      color |= (int) Math.round(a + t * (b - a)) << shift;
    }
    return color;
  }

  /** The colour at u in [0, 1] as "#rrggbb". */
  public static String hex(double u) {
    return String.format(Locale.ROOT, "#%06x", rgb(u));
  }

  /** The place in the palette of a value between low and high, clipped. */
  static int index(double value, double low, double high) {
    double u = high > low ? (value - low) / (high - low) : 0.5;
    return (int) Math.round(Math.max(0, Math.min(1, u)) * (SIZE - 1));
  }
}
