package org.richkernel.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.richkernel.network.SiteMap.Padding;

class SiteMapTest {
  private static final int IMAGES = 3;
  private static final int CHANNELS = 5;

  static List<SiteMap> maps() {
    return List.of(
        SiteMap.of(4, 4, 3, 3, 1, Padding.SAME),
        SiteMap.of(4, 4, 3, 3, 2, Padding.SAME),
        SiteMap.of(5, 7, 3, 3, 3, Padding.SAME),
        SiteMap.of(2, 2, 3, 3, 2, Padding.SAME),
        SiteMap.of(4, 5, 2, 4, 1, Padding.SAME),
        SiteMap.of(6, 5, 3, 3, 2, Padding.VALID),
        SiteMap.of(6, 5, 1, 1, 1, Padding.VALID),
        SiteMap.of(4, 5, 3, 2, 1, Padding.CIRCULAR),
        SiteMap.of(5, 5, 3, 3, 2, Padding.CIRCULAR),
        SiteMap.of(3, 3, 3, 3, 1, Padding.CIRCULAR),
        SiteMap.of(1, 9, 1, 4, 2, Padding.SAME),
        SiteMap.of(1, 1, 1, 1, 1, Padding.SAME));
  }

  /** The value read at a coordinate, from the definition of padding alone. */
  private static double pixel(double[] image, SiteMap map, int i, int j) {
    int h = map.inputHeight();
    int w = map.inputWidth();
    if (map.padding() == Padding.CIRCULAR) {
      return image[(i + 10 * h) % h * w + (j + 10 * w) % w];
    }
    return i < 0 || j < 0 || i >= h || j >= w ? 0 : image[i * w + j];
  }

  @ParameterizedTest
  @MethodSource("maps")
  void convolutionByTheTableIsTheOneByCoordinates(SiteMap map) {
    double[] image = numbers(map.inputSites(), 1);
    double[] kernel = numbers(map.offsets(), 2);
    int top = map.padding() == Padding.VALID ? 0 : (map.kernelHeight() - 1) / 2;
    int left = map.padding() == Padding.VALID ? 0 : (map.kernelWidth() - 1) / 2;

    for (int a = 0; a < map.outputSites(); a++) {
      double byTable = 0;
      double byCoordinates = 0;
      for (int d = 0; d < map.offsets(); d++) {
        int b = map.input(a, d);
        byTable += b < 0 ? 0 : kernel[d] * image[b];
        int i = a / map.outputWidth() * map.stride() - top + d / map.kernelWidth();
        int j = a % map.outputWidth() * map.stride() - left + d % map.kernelWidth();
        byCoordinates += kernel[d] * pixel(image, map, i, j);
      }
      assertThat(byTable).isCloseTo(byCoordinates, within(1e-14));
    }
  }

  @ParameterizedTest
  @MethodSource("maps")
  void eachOutputIsFoundBackFromItsInput(SiteMap map) {
    int[] inputs = map.inputTable();
    int[] outputs = map.outputTable();
    int links = 0;
    for (int a = 0; a < map.outputSites(); a++) {
      for (int d = 0; d < map.offsets(); d++) {
        int b = map.input(a, d);
        assertThat(inputs[a * map.offsets() + d]).isEqualTo(b);
        if (b >= 0) {
          links++;
          assertThat(map.output(b, d)).isEqualTo(a);
          assertThat(outputs[b * map.offsets() + d]).isEqualTo(a);
        }
      }
    }
    assertThat(java.util.Arrays.stream(outputs).filter(a -> a >= 0).count()).isEqualTo(links);
  }

  @ParameterizedTest
  @MethodSource("maps")
  void adjointIsTheAdjoint(SiteMap map) {
    int in = IMAGES * map.inputSites();
    int out = IMAGES * map.outputSites();
    double[] m = numbers(in * in, 3);
    double[] b = numbers(out * out, 4);
    double[] fm = new double[out * out];
    double[] fb = new double[in * in];
    map.covariance(m, IMAGES, IMAGES, fm);
    map.adjoint(b, IMAGES, IMAGES, fb);
    assertThat(dot(fm, b)).isCloseTo(dot(m, fb), within(1e-12 * out));
  }

  /** cols^T cols / (k S) = F(phi^T phi / S), with patches read by coordinates. */
  @ParameterizedTest
  @MethodSource("maps")
  void covarianceIsTheGramMatrixOfPatches(SiteMap map) {
    int in = map.inputSites();
    int out = map.outputSites();
    double[][] features = new double[CHANNELS][];
    double[][] patches = new double[CHANNELS * map.offsets()][IMAGES * out];
    int top = map.padding() == Padding.VALID ? 0 : (map.kernelHeight() - 1) / 2;
    int left = map.padding() == Padding.VALID ? 0 : (map.kernelWidth() - 1) / 2;
    for (int c = 0; c < CHANNELS; c++) {
      features[c] = numbers(IMAGES * in, 10 + c);
      for (int mu = 0; mu < IMAGES; mu++) {
        double[] image = java.util.Arrays.copyOfRange(features[c], mu * in, (mu + 1) * in);
        for (int a = 0; a < out; a++) {
          for (int d = 0; d < map.offsets(); d++) {
            int i = a / map.outputWidth() * map.stride() - top + d / map.kernelWidth();
            int j = a % map.outputWidth() * map.stride() - left + d % map.kernelWidth();
            patches[d * CHANNELS + c][mu * out + a] = pixel(image, map, i, j);
          }
        }
      }
    }
    double[] mapped = new double[IMAGES * out * IMAGES * out];
    map.covariance(gram(features), IMAGES, IMAGES, mapped);
    double[] expected = gram(patches);
    for (int i = 0; i < mapped.length; i++) {
      assertThat(mapped[i]).isCloseTo(expected[i], within(1e-13));
    }

    double[] sameSites = new double[IMAGES * IMAGES * in];
    double[] all = gram(features);
    for (int p = 0; p < IMAGES * IMAGES; p++) {
      for (int b = 0; b < in; b++) {
        int row = p / IMAGES * in + b;
        sameSites[p * in + b] = all[row * IMAGES * in + p % IMAGES * in + b];
      }
    }
    double[] sameMapped = new double[IMAGES * IMAGES * out];
    map.sameSiteCovariance(sameSites, IMAGES * IMAGES, sameMapped);
    for (int p = 0; p < IMAGES * IMAGES; p++) {
      for (int a = 0; a < out; a++) {
        int row = p / IMAGES * out + a;
        assertThat(sameMapped[p * out + a])
            .isCloseTo(expected[row * IMAGES * out + p % IMAGES * out + a], within(1e-13));
      }
    }
  }

  /** Cross covariances of one test image with the training images are a block of the whole. */
  @Test
  void rectanglesAreBlocksOfTheWhole() {
    SiteMap map = SiteMap.of(4, 4, 3, 3, 2, Padding.SAME);
    int in = IMAGES * 16;
    int out = IMAGES * 4;
    double[] m = numbers(in * in, 7);
    double[] whole = new double[out * out];
    map.covariance(m, IMAGES, IMAGES, whole);

    double[] block = new double[4 * out];
    map.covariance(java.util.Arrays.copyOfRange(m, 16 * in, 32 * in), 1, IMAGES, block);

    assertThat(block).containsExactly(java.util.Arrays.copyOfRange(whole, 4 * out, 8 * out));
  }

  @Test
  void sizesFollowStrideAndPadding() {
    assertThat(SiteMap.of(7, 7, 3, 3, 2, Padding.SAME).outputSites()).isEqualTo(16);
    assertThat(SiteMap.of(28, 28, 3, 3, 2, Padding.SAME).outputHeight()).isEqualTo(14);
    assertThat(SiteMap.of(6, 5, 3, 3, 2, Padding.VALID).outputSites()).isEqualTo(4);
    assertThat(SiteMap.of(28, 28, 5, 5, 1, Padding.VALID).outputWidth()).isEqualTo(24);
    assertThat(SiteMap.of(5, 5, 3, 3, 2, Padding.CIRCULAR).outputSites()).isEqualTo(9);
    assertThat(SiteMap.of(1, 9, 1, 3, 2, Padding.SAME).outputHeight()).isEqualTo(1);
  }

  @Test
  void equalDescriptionsAreEqual() {
    SiteMap map = SiteMap.of(4, 4, 3, 3, 2, Padding.SAME);
    assertThat(map).isEqualTo(SiteMap.of(4, 4, 3, 3, 2, Padding.SAME));
    assertThat(map).hasSameHashCodeAs(SiteMap.of(4, 4, 3, 3, 2, Padding.SAME));
    assertThat(map).isNotEqualTo(SiteMap.of(4, 4, 3, 3, 2, Padding.CIRCULAR));
    assertThat(map).hasToString("3x3/2 same, 4x4 to 2x2");
  }

  @Test
  void impossibleConvolutionsAreRefusedInOneLine() {
    refused(4, 4, 5, 5, 1, Padding.VALID, "convolutions");
    refused(4, 4, 5, 3, 1, Padding.CIRCULAR, "at most 4x4");
    refused(1, 4, 3, 3, 1, Padding.SAME, "at most 1x7");
    refused(4, 4, 3, 3, 0, Padding.SAME, "stride");
    refused(4, 4, 0, 3, 1, Padding.SAME, "at least 1x1");
    refused(0, 4, 1, 1, 1, Padding.SAME, "image-shape");
  }

  private static void refused(
      int height, int width, int rows, int columns, int stride, Padding padding, String says) {
    assertThatThrownBy(() -> SiteMap.of(height, width, rows, columns, stride, padding))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining(says)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
  }

  private static double[] numbers(int count, long seed) {
    return new Random(seed).doubles(count, -1, 1).toArray();
  }

  private static double[] gram(double[][] rows) {
    int n = rows[0].length;
    double[] sums = new double[n * n];
    for (double[] row : rows) {
      for (int i = 0; i < n * n; i++) {
        sums[i] += row[i / n] * row[i % n] / rows.length;
      }
    }
    return sums;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
