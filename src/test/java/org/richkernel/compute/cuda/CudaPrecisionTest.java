package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.FieldPrecision;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Routine;
import org.richkernel.compute.Transpose;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;

/** Float32 products by tensor cores, against float64. */
@OnEmulatedDevice
class CudaPrecisionTest {
  @AfterEach
  void deviceSawNoWrongAccess() {
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  private static Backend open(FieldPrecision precision) {
    return Backends.open("cuda", BackendOptions.defaults().withPrecision(precision), line -> {});
  }

  private static float[] normals(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** A product (m x k) (k x n) of windows with strides of their own, C = 2 A B + C. */
  private record Shapes(Transpose ta, Transpose tb, int m, int n, int k) {
    private float[] run(Backend backend, BiConsumer<Backend, Runnable> how) {
      int rowsA = ta == Transpose.NO ? m : k;
      int columnsA = ta == Transpose.NO ? k : m;
      int rowsB = tb == Transpose.NO ? k : n;
      int columnsB = tb == Transpose.NO ? n : k;
      try (Matrix a = backend.allocate(Precision.FLOAT32, rowsA + 1, columnsA + 3, "a");
          Matrix b = backend.allocate(Precision.FLOAT32, rowsB, columnsB + 5, "b");
          Matrix c = backend.allocate(Precision.FLOAT32, m, n + 2, "c")) {
        Matrix left = a.view(1, rowsA, 2, columnsA);
        Matrix right = b.view(0, rowsB, 4, columnsB);
        Matrix result = c.view(0, m, 1, n);
        backend.upload(normals(rowsA * columnsA, 1), left);
        backend.upload(normals(rowsB * columnsB, 2), right);
        backend.fill(1, c);
        how.accept(backend, () -> backend.gemm(ta, tb, 2, left, right, 1, result));
        float[] values = new float[m * n];
        backend.download(result, values);
        float[] all = new float[m * (n + 2)];
        backend.download(c, all);
        assertThat(all[0]).isEqualTo(1);
        assertThat(all[all.length - 1]).isEqualTo(1);
        return values;
      }
    }

    private double[] expected() {
      float[] a = normals(m * k, 1);
      float[] b = normals(k * n, 2);
      double[] c = new double[m * n];
      Arrays.fill(c, 1);
      for (int i = 0; i < m; i++) {
        for (int l = 0; l < k; l++) {
          double factor = 2.0 * a[ta == Transpose.NO ? i * k + l : l * m + i];
          for (int j = 0; j < n; j++) {
            c[i * n + j] += factor * b[tb == Transpose.NO ? l * n + j : j * k + l];
          }
        }
      }
      return c;
    }
  }

  private static double rootMeanSquare(float[] found, double[] expected) {
    double sum = 0;
    for (int i = 0; i < found.length; i++) {
      sum += Math.pow(found[i] - expected[i], 2);
    }
    return Math.sqrt(sum / found.length);
  }

  private static double error(
      Shapes shapes, FieldPrecision precision, BiConsumer<Backend, Runnable> how) {
    try (Backend backend = open(precision)) {
      return rootMeanSquare(shapes.run(backend, how), shapes.expected());
    }
  }

  private static double error(Shapes shapes, FieldPrecision precision) {
    return error(shapes, precision, (backend, work) -> work.run());
  }

  /** The last product is cut along its inner side, of more than 8192. */
  @ParameterizedTest
  @CsvSource({
    "NO, NO, 512, 640, 841",
    "NO, YES, 700, 512, 800",
    "YES, NO, 512, 700, 784",
    "YES, YES, 530, 700, 784",
    "NO, YES, 170, 190, 8400"
  })
  void twoPartsAreAsAccurateAsFloat32AndOneIsNot(Transpose ta, Transpose tb, int m, int n, int k) {
    Shapes shapes = new Shapes(ta, tb, m, n, k);
    double plain = error(shapes, FieldPrecision.FP32);
    double parts = error(shapes, FieldPrecision.TF32X3);
    double rounded = error(shapes, FieldPrecision.TF32);
    assertThat(parts).isLessThan(2 * plain);
    assertThat(rounded).isGreaterThan(100 * plain);
  }

  /** A little below the least work that the splitting is worth. */
  @Test
  void smallProductsArePlain() {
    Shapes shapes = new Shapes(Transpose.NO, Transpose.NO, 64, 50, 100);
    try (Backend plain = open(FieldPrecision.FP32);
        Backend parts = open(FieldPrecision.TF32X3)) {
      BiConsumer<Backend, Runnable> how = (backend, work) -> work.run();
      assertThat(shapes.run(parts, how)).isEqualTo(shapes.run(plain, how));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TF32", "TF32X3"})
  void exactWorkIsThatOfFloat32AndWhatFollowsIsNot(FieldPrecision precision) {
    Shapes shapes = new Shapes(Transpose.NO, Transpose.YES, 512, 640, 841);
    BiConsumer<Backend, Runnable> now = (backend, work) -> work.run();
    try (Backend plain = open(FieldPrecision.FP32);
        Backend other = open(precision)) {
      float[] expected = shapes.run(plain, now);
      assertThat(shapes.run(other, Backend::exactly)).isEqualTo(expected);
      float[] inParts = shapes.run(other, now);
      assertThat(inParts).isNotEqualTo(expected);
      // a graph keeps the precision at which it was captured
      BiConsumer<Backend, Runnable> captured =
          (backend, work) -> {
            try (Matrix kept = backend.allocate(Precision.FLOAT32, 512, 642, "before");
                Routine routine = backend.routine("product", work)) {
              assertThat(kept.isClosed()).isFalse();
              routine.run();
              routine.run();
              backend.exactly(() -> {});
              routine.run();
            }
          };
      float[] thrice = shapes.run(other, captured);
      BiConsumer<Backend, Runnable> again =
          (backend, work) -> {
            work.run();
            work.run();
            work.run();
          };
      assertThat(thrice).isEqualTo(shapes.run(other, again));
    }
  }

  @Test
  void gramPanelsOfTwoPartsAreAsAccurateAsFloat32() {
    int samples = 3000;
    int points = 400;
    float[] x = normals(samples * points, 3);
    double[] expected = new double[points * points];
    for (int s = 0; s < samples; s++) {
      for (int i = 0; i < points; i++) {
        for (int j = 0; j < points; j++) {
          expected[i * points + j] += (double) x[s * points + i] * x[s * points + j];
        }
      }
    }
    double plain = gramError(FieldPrecision.FP32, x, samples, points, expected);
    double parts = gramError(FieldPrecision.TF32X3, x, samples, points, expected);
    double rounded = gramError(FieldPrecision.TF32, x, samples, points, expected);
    assertThat(parts).isLessThan(2 * plain).isNotEqualTo(plain);
    assertThat(rounded).isGreaterThan(100 * plain);
  }

  private static double gramError(
      FieldPrecision precision, float[] x, int samples, int points, double[] expected) {
    try (Backend backend = open(precision);
        Matrix field = backend.allocate(Precision.FLOAT32, samples, points + 7, "field");
        Matrix c = backend.allocate(Precision.FLOAT64, points, points, "c")) {
      Matrix window = field.view(0, samples, 3, points);
      backend.upload(x, window);
      backend.gram(1, window, 0, c);
      double[] found = new double[points * points];
      backend.download(c, found);
      double sum = 0;
      for (int i = 0; i < found.length; i++) {
        sum += Math.pow(found[i] - expected[i], 2);
      }
      return Math.sqrt(sum / found.length);
    }
  }

  /** Whatever the order of products, their scratch memory is what a plan counts. */
  @Test
  void scratchMemoryIsWhatWasForetold() {
    try (Backend backend = open(FieldPrecision.TF32X3);
        Matrix a = backend.allocate(Precision.FLOAT32, 700, 800, "a");
        Matrix b = backend.allocate(Precision.FLOAT32, 800, 500, "b");
        Matrix c = backend.allocate(Precision.FLOAT32, 700, 500, "c")) {
      long before = backend.allocatedBytes();
      backend.gemm(Transpose.NO, Transpose.NO, 1, a, b, 0, c);
      assertThat(backend.allocatedBytes() - before)
          .isEqualTo(backend.factorScratchBytes(700 * 800) + backend.factorScratchBytes(800 * 500));
      assertThat(backend.factorScratchBytes(1L << 40)).isEqualTo(256 << 20);
    }
    try (Backend backend = open(FieldPrecision.TF32)) {
      assertThat(backend.factorScratchBytes(1000)).isZero();
    }
  }

  /** NaN stays NaN, and numbers at the ends of float32's range are not made infinite. */
  @Test
  void partsOfUnusualNumbers() {
    int k = 800;
    float[] a = normals(600 * k, 1);
    a[0] = Float.NaN;
    a[k] = Float.MAX_VALUE;
    a[2 * k] = Float.MIN_VALUE;
    a[3 * k] = -0f;
    float[] b = new float[k * 600];
    for (int j = 0; j < 600; j++) {
      b[j] = 1; // C is the first column of A everywhere
    }
    try (Backend backend = open(FieldPrecision.TF32X3);
        Matrix left = backend.allocate(Precision.FLOAT32, 600, k, "a");
        Matrix right = backend.allocate(Precision.FLOAT32, k, 600, "b");
        Matrix c = backend.allocate(Precision.FLOAT32, 600, 600, "c")) {
      backend.upload(a, left);
      backend.upload(b, right);
      backend.gemm(Transpose.NO, Transpose.NO, 1, left, right, 0, c);
      float[] found = new float[600 * 600];
      backend.download(c, found);
      assertThat(found[0]).isNaN();
      for (int i = 1; i < 600; i++) {
        float first = a[i * k];
        assertThat(found[i * 600 + 17]).isBetween(below(first), above(first));
      }
    }
  }

  private static float below(float x) {
    return x - Math.abs(x) * 0x1p-21f - Float.MIN_NORMAL;
  }

  private static float above(float x) {
    return x + Math.abs(x) * 0x1p-21f + Float.MIN_NORMAL;
  }
}
