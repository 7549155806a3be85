package org.richkernel.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CountSketchTest {
  private static final int LONG = 600_000;

  @Test
  void shortVectorsAreKeptAndNotShared() {
    double[] vector = {1, -2, 3};
    double[] image = new CountSketch(3).of(vector);
    assertThat(image).isEqualTo(vector).isNotSameAs(vector);
  }

  @Test
  void mapIsLinear() {
    CountSketch sketch = new CountSketch(LONG);
    double[] a = normals(1);
    double[] b = normals(2);
    double[] sum = new double[LONG];
    Arrays.setAll(sum, i -> 2 * a[i] - b[i]);
    double[] ofA = sketch.of(a);
    double[] ofB = sketch.of(b);
    double[] ofSum = sketch.of(sum);
    assertThat(ofSum).hasSize(sketch.to());
    for (int i = 0; i < ofSum.length; i++) {
      assertThat(ofSum[i]).isCloseTo(2 * ofA[i] - ofB[i], within(1e-12));
    }
  }

  /** Vectors of many shapes: random, constant, periodic, one class in ten, few large entries. */
  @Test
  void normsAndProductsHaveTheErrorOfASketch() {
    CountSketch sketch = new CountSketch(LONG);
    double[] random = normals(3);
    double[][] vectors = {
      random, new double[LONG], new double[LONG], new double[LONG], new double[LONG]
    };
    Arrays.fill(vectors[1], 1);
    Arrays.setAll(vectors[2], i -> Math.cos(2 * Math.PI * i / 784));
    Arrays.setAll(vectors[3], i -> i % 10 == 3 ? 1 : 0);
    Arrays.setAll(vectors[4], i -> i % 1000 == 0 ? random[i] : 0);
    double deviation = Math.sqrt(2.0 / sketch.to());
    for (double[] a : vectors) {
      for (double[] b : vectors) {
        double scale = Math.sqrt(dot(a, a) * dot(b, b));
        assertThat(dot(sketch.of(a), sketch.of(b)))
            .isCloseTo(dot(a, b), within(4 * deviation * scale));
      }
    }
  }

  private static double[] normals(long seed) {
    Random random = new Random(seed);
    double[] values = new double[LONG];
    Arrays.setAll(values, i -> random.nextGaussian());
    return values;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
