package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.commons.math3.distribution.ChiSquaredDistribution;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.distribution.UniformRealDistribution;
import org.apache.commons.math3.stat.inference.KolmogorovSmirnovTest;
import org.junit.jupiter.api.Test;

/**
 * The random streams: bit for bit where they are specified, and as samples. Statistical tests have
 * a significance of 1e-4 each with fixed seeds, so they pass or fail for good.
 */
interface RandomContract extends ContractSubject {
  private Host normals(long seed, long stream, long first, int rows, int columns) {
    try (Matrix m = backend().allocate(Precision.FLOAT32, rows, columns, "normals")) {
      backend().fillGaussian(seed, stream, first, m);
      return Host.from(backend(), m);
    }
  }

  private Host uniforms(long seed, long stream, long first, int rows, int columns) {
    try (Matrix m = backend().allocate(Precision.FLOAT32, rows, columns, "uniforms")) {
      backend().fillUniform(seed, stream, first, m);
      return Host.from(backend(), m);
    }
  }

  /** Random123's known answer for a counter and a key of zeros. */
  @Test
  default void uniformsAreThePublishedPhiloxWords() {
    long[] zeros = {0x6627e8d5L, 0xe169c58dL, 0xbc57ac4cL, 0x9b00dbd8L};
    Host u = uniforms(0, 0, 0, 1, 4);
    for (int j = 0; j < 4; j++) {
      assertThat(u.at(0, j)).isEqualTo((double) Math.fma((float) zeros[j], 0x1p-32f, 0x1p-33f));
    }
  }

  @Test
  default void counterWordsAreColumnSampleAndStream() {
    // seed, stream and sample with all words different, against a plain Philox of this test
    long seed = 0x0123456789abcdefL;
    long stream = 0x0fedcba987654321L;
    long first = 0xfffffff0L;
    Host u = uniforms(seed, stream, first, 16, 37);
    for (int i = 0; i < 16; i++) {
      for (int j = 0; j < 37; j++) {
        long word = philox(seed, stream, first + i, j / 4)[j % 4];
        assertThat(u.at(i, j)).isEqualTo((double) Math.fma((float) word, 0x1p-32f, 0x1p-33f));
      }
    }
  }

  /** Philox 4x32-10 with unsigned arithmetic in longs, written for clarity. */
  private static long[] philox(long seed, long stream, long sample, long block) {
    long mask = 0xffffffffL;
    long[] c = {block, sample, stream & mask, stream >>> 32};
    long k0 = seed & mask;
    long k1 = seed >>> 32;
    for (int round = 0; round < 10; round++) {
      long p0 = 0xD2511F53L * c[0];
      long p1 = 0xCD9E8D57L * c[2];
      c = new long[] {(p1 >>> 32) ^ c[1] ^ k0, p1 & mask, (p0 >>> 32) ^ c[3] ^ k1, p0 & mask};
      k0 = (k0 + 0x9E3779B9L) & mask;
      k1 = (k1 + 0xBB67AE85L) & mask;
    }
    return c;
  }

  @Test
  default void normalsAreBoxMullerOfTheWords() {
    long seed = 77;
    long stream = RandomStreams.stream(RandomStreams.MOMENTUM, 3, 12345);
    Host z = normals(seed, stream, 5, 200, 37);
    for (int i = 0; i < z.rows; i++) {
      for (int j = 0; j < z.columns; j++) {
        long[] words = philox(seed, stream, 5 + i, j / 4);
        double u = Math.fma((float) words[j % 4 / 2 * 2], 0x1p-32f, 0x1p-33f);
        double angle = 2 * Math.PI * 0x1p-32 * words[j % 4 / 2 * 2 + 1];
        double r = Math.sqrt(-2 * Math.log(u));
        double expected = r * (j % 2 == 0 ? Math.cos(angle) : Math.sin(angle));
        // ln, sine and cosine to 2 ulp each, and a few roundings
        assertThat(Math.abs(z.at(i, j) - expected)).isLessThan(4 * 0x1p-23 * Math.max(r, 1e-3));
      }
    }
  }

  @Test
  default void blocksOfRowsAndColumnsGiveTheSameBits() {
    Host whole = normals(9, 8, 100, 300, 70);
    Host part = normals(9, 8, 250, 50, 31);
    for (int i = 0; i < 50; i++) {
      for (int j = 0; j < 31; j++) {
        assertThat(part.at(i, j)).isEqualTo(whole.at(150 + i, j));
      }
    }
    try (Matrix m = backend().allocate(Precision.FLOAT32, 60, 90, "parent")) {
      backend().fillGaussian(9, 8, 250, m.view(3, 50, 11, 31));
      Host parent = Host.from(backend(), m);
      for (int i = 0; i < 60; i++) {
        for (int j = 0; j < 90; j++) {
          boolean inside = i >= 3 && i < 53 && j >= 11 && j < 42;
          assertThat(parent.at(i, j)).isEqualTo(inside ? part.at(i - 3, j - 11) : 0);
        }
      }
    }
  }

  /** Every remainder by the four numbers of a counter, and rows of less than one. */
  @Test
  default void numbersOfASampleStartAnywhere() {
    Host whole = normals(9, 8, 100, 20, 80);
    for (int first : new int[] {1, 2, 3, 4, 39}) {
      for (int columns : new int[] {1, 2, 41}) {
        try (Matrix m = backend().allocate(Precision.FLOAT32, 20, 44, "parent")) {
          backend().fillGaussian(9, 8, 105, first, m.view(2, 15, 3, columns));
          Host parent = Host.from(backend(), m);
          for (int i = 0; i < 20; i++) {
            for (int j = 0; j < 44; j++) {
              boolean inside = i >= 2 && i < 17 && j >= 3 && j < 3 + columns;
              assertThat(parent.at(i, j)).isEqualTo(inside ? whole.at(i + 3, first + j - 3) : 0);
            }
          }
        }
      }
    }
  }

  @Test
  default void threadsDoNotChangeTheNumbers() {
    Host two = normals(1, 2, 3, 3000, 33);
    try (Backend b = open(1);
        Matrix m = b.allocate(Precision.FLOAT32, 3000, 33, "normals")) {
      b.fillGaussian(1, 2, 3, m);
      assertThat(Host.from(b, m).data).isEqualTo(two.data);
    }
  }

  @Test
  default void normalsHaveTheMomentsAndDistributionOfNormals() {
    int n = 1 << 18;
    double[] x = normals(2024, 1, 0, n / 64, 64).data;
    double[] moments = new double[5];
    for (double v : x) {
      double power = 1;
      for (int k = 1; k <= 4; k++) {
        power *= v;
        moments[k] += power / n;
      }
    }
    // standard errors of the raw moments of n normals; 3.9 of them is a significance of 1e-4
    double root = Math.sqrt(n);
    assertThat(Math.abs(moments[1])).isLessThan(3.9 / root);
    assertThat(Math.abs(moments[2] - 1)).isLessThan(3.9 * Math.sqrt(2) / root);
    assertThat(Math.abs(moments[3])).isLessThan(3.9 * Math.sqrt(15) / root);
    assertThat(Math.abs(moments[4] - 3)).isLessThan(3.9 * Math.sqrt(96) / root);
    double[] some = java.util.Arrays.copyOf(x, 20_000);
    assertThat(
            new KolmogorovSmirnovTest()
                .kolmogorovSmirnovTest(new NormalDistribution(null, 0, 1), some, false))
        .isGreaterThan(1e-4);
  }

  @Test
  default void uniformsAreUniformAndSoArePairs() {
    Host u = uniforms(5, 6, 0, 1 << 12, 64);
    double[] some = java.util.Arrays.copyOf(u.data, 20_000);
    assertThat(
            new KolmogorovSmirnovTest()
                .kolmogorovSmirnovTest(new UniformRealDistribution(null, 0, 1, 1e-9), some, false))
        .isGreaterThan(1e-4);
    // neighbours in a row and neighbours in a column, in 16 x 16 cells
    assertThat(pairUniformity(u, 0, 1)).isGreaterThan(1e-4);
    assertThat(pairUniformity(u, 1, 0)).isGreaterThan(1e-4);
  }

  /** p-value of the chi-square test for disjoint pairs (element, neighbour). */
  private static double pairUniformity(Host u, int down, int right) {
    int[] cells = new int[256];
    int pairs = 0;
    for (int i = 0; i + down < u.rows; i += 1 + down) {
      for (int j = 0; j + right < u.columns; j += 1 + right) {
        int a = Math.min(15, (int) (16 * u.at(i, j)));
        int b = Math.min(15, (int) (16 * u.at(i + down, j + right)));
        cells[16 * a + b]++;
        pairs++;
      }
    }
    double expected = pairs / 256.0;
    double chi = 0;
    for (int count : cells) {
      chi += (count - expected) * (count - expected) / expected;
    }
    return 1 - new ChiSquaredDistribution(null, 255).cumulativeProbability(chi);
  }

  @Test
  default void streamsSeedsSamplesAndColumnsAreUncorrelated() {
    int rows = 1 << 11;
    Host base = normals(1, 1, 0, rows, 64);
    Host[] others = {
      normals(1, 2, 0, rows, 64),
      normals(2, 1, 0, rows, 64),
      normals(1L << 32 | 1, 1, 0, rows, 64),
      normals(1, 1L << 40 | 1, 0, rows, 64),
      normals(1, 1, rows, rows, 64)
    };
    for (Host other : others) {
      assertThat(Math.abs(correlation(base.data, 0, other.data, 0))).isLessThan(3.9);
    }
    for (int lag : new int[] {1, 2, 3, 4, 64}) {
      assertThat(Math.abs(correlation(base.data, lag, base.data, 0))).isLessThan(3.9);
    }
  }

  /** Correlation of two series of independent normals in units of its standard error. */
  private static double correlation(double[] x, int shift, double[] y, int start) {
    int n = x.length - shift;
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += x[i + shift] * y[i + start];
    }
    return sum / Math.sqrt(n);
  }

  @Test
  default void samplesBeyond32BitsAreRefused() {
    try (Matrix m = backend().allocate(Precision.FLOAT32, 2, 1, "m");
        Matrix d = backend().allocate(Precision.FLOAT64, 2, 1, "wide")) {
      backend().fillGaussian(0, 0, 0xfffffffeL, m);
      assertThatThrownBy(() -> backend().fillGaussian(0, 0, 0xffffffffL, m))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> backend().fillUniform(0, 0, -1, m))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> backend().fillGaussian(0, 0, 0, -1, m))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> backend().fillGaussian(0, 0, 0, d))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("wide");
    }
  }
}
