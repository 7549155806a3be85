package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;
import org.richkernel.stack.ConvolutionShape;

class FeatureRankTest {
  private static final int POINTS = 3;

  /**
   * Patches of random channels have the rank that is counted, or that of their columns, padding and
   * strides included.
   */
  @ParameterizedTest
  @CsvSource({
    "4, 3, 1, SAME, 2",
    "2, 3, 2, SAME, 2", // a single site, which sees 4 of 9 offsets
    "1, 1, 1, SAME, 2",
    "2, 2, 1, CIRCULAR, 1",
    "3, 2, 1, VALID, 2"
  })
  void countsIndependentPatches(
      int side, int kernel, int stride, SiteMap.Padding padding, int samples) {
    SiteMap map = SiteMap.of(side, side, kernel, kernel, stride, padding);
    SiteMap first = SiteMap.of(side, side, 1, 1, 1, SiteMap.Padding.SAME);
    ConvolutionShape shape =
        new ConvolutionShape(List.of(first, map), SiteReadout.FLATTEN, POINTS, 1, 1, false);
    FeatureRank found = FeatureRank.of(NetworkSpec.of(2, Activation.TANH), shape, 2, samples);
    assertThat(found.columns()).isEqualTo(POINTS * map.outputSites());
    assertThat(Math.min(found.features(), found.columns())).isEqualTo(rank(patches(map, samples)));
  }

  /** Rows (d, i), columns (site, image). */
  private static double[][] patches(SiteMap map, int samples) {
    SplittableRandom random = new SplittableRandom(5);
    double[][] phi = new double[samples][POINTS * map.inputSites()];
    for (double[] row : phi) {
      for (int j = 0; j < row.length; j++) {
        row[j] = random.nextDouble() - 0.5;
      }
    }
    double[][] all = new double[map.offsets() * samples][POINTS * map.outputSites()];
    for (int d = 0; d < map.offsets(); d++) {
      for (int a = 0; a < map.outputSites(); a++) {
        for (int i = 0; map.input(a, d) >= 0 && i < samples * POINTS; i++) {
          int mu = i / samples;
          all[d * samples + i % samples][a * POINTS + mu] =
              phi[i % samples][map.input(a, d) * POINTS + mu];
        }
      }
    }
    return all;
  }

  /** By elimination with complete pivots. */
  private static int rank(double[][] a) {
    int rank = 0;
    while (rank < Math.min(a.length, a[0].length)) {
      int row = rank;
      int column = rank;
      for (int i = rank; i < a.length; i++) {
        for (int j = rank; j < a[0].length; j++) {
          if (Math.abs(a[i][j]) > Math.abs(a[row][column])) {
            row = i;
            column = j;
          }
        }
      }
      if (Math.abs(a[row][column]) < 1e-9) {
        return rank;
      }
      double[] pivot = a[row];
      a[row] = a[rank];
      a[rank] = pivot;
      for (double[] other : a) {
        double swapped = other[column];
        other[column] = other[rank];
        other[rank] = swapped;
      }
      for (int i = rank + 1; i < a.length; i++) {
        double factor = a[i][rank] / pivot[rank];
        for (int j = rank; j < a[0].length; j++) {
          a[i][j] -= factor * pivot[j];
        }
      }
      rank++;
    }
    return rank;
  }
}
