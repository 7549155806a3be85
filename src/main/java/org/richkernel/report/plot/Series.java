package org.richkernel.report.plot;

/**
 * The kinds of series of a plot. Each has a colour on light and on dark pages, a dash and a marker,
 * so that no two are told apart by colour alone. The colours stay at least {@link #LEAST_DISTANCE}
 * apart in CIELAB for readers without red or without green cones too.
 */
enum Series {
  ADAPTIVE("#0b5c8f", "#5cb3ea", "", Marker.DISC, false),
  LAZY("#999999", "#7a7a7a", Series.BESIDE, Marker.RING, false),
  C0("#073081", "#8e78af", "", Marker.SQUARE, true),
  C1("#e48c2d", "#f8aa59", "9 3", Marker.TRIANGLE, true),
  C2("#258362", "#009151", "2 3", Marker.DIAMOND, true),
  C3("#5455b4", "#7e59ae", "9 3 2 3", Marker.POINTING_DOWN, true),
  C4("#51ace4", "#12c4cd", "14 4", Marker.PLUS, true),
  C5("#8b6c12", "#b19020", "6 3 2 3 2 3", Marker.CROSS, true),
  C6("#a90629", "#e87d73", "4 2", Marker.BOW_TIE, true),
  C7("#5c6372", "#dce9f3", "12 3 4 3", Marker.HOURGLASS, true);

  /** Least distance of two colours in CIELAB, in normal, protanope and deuteranope sight. */
  static final double LEAST_DISTANCE = 15;

  /** Dash of reference lines of a plot: laws, approximations, kernels at the start. */
  static final String BESIDE = "5 4";

  /** Colour on light pages and in files, #rrggbb. */
  final String light;

  /** Colour on dark pages, #rrggbb. */
  final String dark;

  /** Value of stroke-dasharray; empty for a solid line. */
  final String dash;

  final Marker marker;

  /** Whether lines carry the marker too. */
  final boolean marksLines;

  Series(String light, String dark, String dash, Marker marker, boolean marksLines) {
    this.light = light;
    this.dark = dark;
    this.dash = dash;
    this.marker = marker;
    this.marksLines = marksLines;
  }

  /** Name of the CSS class. */
  String cssClass() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }

  /** The series of a CSS class; the first one where no series has the class. */
  static Series of(String cssClass) {
    for (Series series : values()) {
      if (series.cssClass().equals(cssClass)) {
        return series;
      }
    }
    return ADAPTIVE;
  }

  /** Small shapes at data points. */
  enum Marker {
    DISC,
    RING,
    SQUARE,
    TRIANGLE,
    DIAMOND,
    POINTING_DOWN,
    PLUS,
    CROSS,
    BOW_TIE,
    HOURGLASS;

    /** Draws the shape of about radius r around a point. */
    void draw(SvgWriter svg, String cssClass, double x, double y, double r) {
      if (this == DISC || this == RING) {
        String radius = SvgWriter.px(r);
        svg.element("circle", "cx", SvgWriter.px(x), "cy", SvgWriter.px(y), "r", radius);
      } else {
        svg.element("path", "d", path(x, y, r));
      }
      if (!cssClass.isEmpty()) {
        svg.attributes("class", cssClass);
      }
    }

    private String path(double x, double y, double r) {
      double a = 0.38 * r;
      double b = 1.25 * r;
      return switch (this) {
        case SQUARE -> polygon(x, y, -r, -r, r, -r, r, r, -r, r);
        case TRIANGLE -> polygon(x, y, 0, -b, b, r, -b, r);
        case DIAMOND -> polygon(x, y, 0, -b, b, 0, 0, b, -b, 0);
        case POINTING_DOWN -> polygon(x, y, 0, b, b, -r, -b, -r);
        case PLUS ->
            polygon(
                x, y, -a, -b, a, -b, a, -a, b, -a, b, a, a, a, a, b, -a, b, -a, a, -b, a, -b, -a,
                -a, -a);
        case CROSS ->
            polygon(
                x, y, 0, -a, r - a, -r, r, a - r, a, 0, r, r - a, r - a, r, 0, a, a - r, r, -r,
                r - a, -a, 0, -r, a - r, a - r, -r);
        case BOW_TIE -> polygon(x, y, -b, -r, b, r, b, -r, -b, r);
        default -> polygon(x, y, -r, -b, r, -b, -r, b, r, b);
      };
    }

    private static String polygon(double x, double y, double... offsets) {
      StringBuilder path = new StringBuilder();
      for (int i = 0; i < offsets.length; i += 2) {
        path.append(i == 0 ? 'M' : 'L').append(SvgWriter.px(x + offsets[i]));
        path.append(' ').append(SvgWriter.px(y + offsets[i + 1]));
      }
      return path.append('Z').toString();
    }
  }
}
