package org.richkernel.report.plot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Series are told apart with and without red and green cones, and without colours. */
class SeriesTest {
  /** Rows of 3 x 3 matrices on linear RGB. */
  private static final Map<String, double[]> SIGHTS =
      Map.of(
          "normal",
          new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1},
          // Machado, Oliveira, Fernandes 2009, severity 1
          "protanopia",
          new double[] {
            0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116,
            1.051998
          },
          "deuteranopia",
          new double[] {
            0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940,
            0.968881
          },
          // Vienot, Brettel, Mollon 1999
          "protanopia of Vienot",
          new double[] {0.112384, 0.887617, 0, 0.112384, 0.887617, 0, 0.004006, -0.004006, 1},
          "deuteranopia of Vienot",
          new double[] {0.292750, 0.707250, 0, 0.292750, 0.707250, 0, -0.022337, 0.022337, 1});

  @Test
  void coloursStayApartInEverySight() {
    for (Function<Series, String> page :
        Set.<Function<Series, String>>of(s -> s.light, s -> s.dark)) {
      SIGHTS.forEach(
          (sight, matrix) -> {
            for (Series a : Series.values()) {
              for (Series b : Series.values()) {
                if (a.ordinal() < b.ordinal()) {
                  assertThat(distance(lab(page.apply(a), matrix), lab(page.apply(b), matrix)))
                      .as("%s and %s, %s", page.apply(a), page.apply(b), sight)
                      .isGreaterThan(Series.LEAST_DISTANCE);
                }
              }
            }
          });
    }
  }

  @Test
  void blackAndWhiteAreAHundredApart() {
    double[] normal = SIGHTS.get("normal");
    assertThat(distance(lab("#000000", normal), lab("#ffffff", normal)))
        .isCloseTo(100, org.assertj.core.api.Assertions.within(0.01));
    // red and green of one protanope lightness, far apart to others
    assertThat(distance(lab("#8b6c12", normal), lab("#258362", normal))).isGreaterThan(40);
  }

  @Test
  void dashesAndMarkersTellSeriesApartWithoutColour() {
    Set<String> looks = new HashSet<>();
    Set<Series.Marker> markers = new HashSet<>();
    for (Series series : Series.values()) {
      String marker = series.marksLines ? series.marker.name() : "none";
      assertThat(looks.add(series.dash + " filled " + marker)).isTrue();
      if (series != Series.LAZY) {
        // what is drawn beside a series has hollow markers and a dash that no series has
        assertThat(looks.add(Series.BESIDE + " hollow " + marker)).isTrue();
        assertThat(series.dash).isNotEqualTo(Series.BESIDE);
      }
      assertThat(markers.add(series.marker)).isTrue();
    }
  }

  @Test
  void linesOfTwoSeriesCarryTheirMarkers() {
    double[] xs = {0, 1, 2, 3, 4, 5};
    String svg = new Plot("", "x", "y").line("a", "c0", xs, xs).dashed("b", "c1", xs, xs).svg();

    assertThat(svg).contains("class=\"dots c0\"", "class=\"open c1\"");
    assertThat(PlotStyle.ofPage()).contains(".plot .stroke.c1, .plot .hair.c1 { stroke-dasharray");
  }

  private static double distance(double[] a, double[] b) {
    return Math.sqrt(
        Math.pow(a[0] - b[0], 2) + Math.pow(a[1] - b[1], 2) + Math.pow(a[2] - b[2], 2));
  }

  /** CIELAB of an sRGB colour as somebody sees it, white point D65. */
  private static double[] lab(String hex, double[] sight) {
    double[] rgb = new double[3];
    for (int i = 0; i < 3; i++) {
      double c = Integer.parseInt(hex.substring(1 + 2 * i, 3 + 2 * i), 16) / 255.0;
      rgb[i] = c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
    }
    double[] seen = product(sight, rgb);
    for (int i = 0; i < 3; i++) {
      seen[i] = Math.max(0, Math.min(1, seen[i]));
    }
    double[] toXyz = {
      0.4124564, 0.3575761, 0.1804375, 0.2126729, 0.7151522, 0.0721750, 0.0193339, 0.1191920,
      0.9503041
    };
    double[] xyz = product(toXyz, seen);
    double[] white = product(toXyz, new double[] {1, 1, 1});
    double[] f = new double[3];
    for (int i = 0; i < 3; i++) {
      double t = xyz[i] / white[i];
      f[i] = t > 216 / 24389.0 ? Math.cbrt(t) : (24389 / 27.0 * t + 16) / 116;
    }
    return new double[] {116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])};
  }

  private static double[] product(double[] matrix, double[] v) {
    double[] result = new double[3];
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        result[i] += matrix[3 * i + j] * v[j];
      }
    }
    return result;
  }
}
