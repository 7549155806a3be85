package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** gemm, syrk, products with a triangle, gram and crossGram. */
interface ProductContract extends ContractSubject {
  /** Shapes (m, n, k) around the block sizes, empty ones, thin ones, and one that is split. */
  int[][] SHAPES = {
    {0, 5, 3},
    {5, 0, 3},
    {5, 3, 0},
    {1, 1, 1},
    {31, 33, 64},
    {257, 31, 33},
    {1, 200, 257},
    {200, 1, 31},
    {33, 257, 200},
    {300, 180, 129}
  };

  @Test
  default void gemmMatchesPlainLoops() {
    for (int[] shape : SHAPES) {
      for (Precision p : Precision.values()) {
        for (Transpose ta : Transpose.values()) {
          for (Transpose tb : Transpose.values()) {
            gemmMatches(shape[0], shape[1], shape[2], p, ta, tb);
          }
        }
      }
    }
  }

  private void gemmMatches(int m, int n, int k, Precision p, Transpose ta, Transpose tb) {
    Host opA = Host.random(m, k, 1);
    Host opB = Host.random(k, n, 2);
    Host old = Host.random(m, n, 3);
    Matrix[] ownerA = new Matrix[1];
    Matrix[] ownerC = new Matrix[1];
    Matrix a = opA.op(ta).inWindow(backend(), p, "a", ownerA);
    Matrix c = old.inWindow(backend(), p, "c", ownerC);
    try (Matrix b = opB.op(tb).on(backend(), p, "b")) {
      backend().gemm(ta, tb, 0.5, a, b, -2, c);
      Host expected = opA.times(opB).combine(0.5, -2, old);
      double bound = Tolerance.ofProduct(p, opA, opB, old);
      Host.from(backend(), c).isWithin(bound, expected, "gemm " + m + " " + n + " " + k + p);
      // what lies around the window must not be written
      assertThat(Host.from(backend(), ownerC[0]).at(1, 3)).isNaN();
      assertThat(Host.from(backend(), ownerC[0]).at(m + 2, 3)).isNaN();
    }
    ownerA[0].close();
    ownerC[0].close();
  }

  @Test
  default void gemmWithZeroBetaDoesNotReadTheOldResult() {
    for (Precision p : Precision.values()) {
      Host x = Host.random(90, 70, 1);
      Host y = Host.random(70, 100, 2);
      try (Matrix a = x.on(backend(), p, "a");
          Matrix b = y.on(backend(), p, "b");
          Matrix c = backend().allocate(p, 90, 100, "c")) {
        backend().fill(Double.NaN, c);
        backend().gemm(Transpose.NO, Transpose.NO, 1, a, b, 0, c);
        Host.from(backend(), c)
            .isWithin(Tolerance.ofProduct(p, x, y, new Host(1, 1)), x.times(y), "gemm");
      }
    }
  }

  @Test
  default void gemmPropagatesNan() {
    Host x = Host.random(40, 50, 1);
    x.set(7, 3, Double.NaN);
    Host y = Host.random(50, 60, 2);
    for (Precision p : Precision.values()) {
      try (Matrix a = x.on(backend(), p, "a");
          Matrix b = y.on(backend(), p, "b");
          Matrix c = backend().allocate(p, 40, 60, "c")) {
        backend().gemm(Transpose.NO, Transpose.NO, 1, a, b, 0, c);
        Host got = Host.from(backend(), c);
        for (int i = 0; i < 40; i++) {
          for (int j = 0; j < 60; j++) {
            assertThat(Double.isNaN(got.at(i, j))).isEqualTo(i == 7);
          }
        }
      }
    }
  }

  @Test
  default void gemmRefusesShapesThatDoNotFit() {
    try (Matrix a = backend().allocate(Precision.FLOAT32, 3, 4, "left");
        Matrix b = backend().allocate(Precision.FLOAT32, 5, 6, "right");
        Matrix c = backend().allocate(Precision.FLOAT32, 3, 6, "result");
        Matrix d = backend().allocate(Precision.FLOAT64, 4, 6, "double")) {
      assertThatThrownBy(() -> backend().gemm(Transpose.NO, Transpose.NO, 1, a, b, 0, c))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("gemm")
          .hasMessageContaining("left (3 x 4")
          .hasMessageContaining("right (5 x 6");
      assertThatThrownBy(() -> backend().gemm(Transpose.NO, Transpose.NO, 1, a, d, 0, c))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("double");
    }
  }

  @Test
  default void syrkMatchesPlainLoopsInBothTriangles() {
    for (int n : ODD_SIZES) {
      for (int k : new int[] {0, 1, 33, 200}) {
        for (Precision p : Precision.values()) {
          for (Transpose t : Transpose.values()) {
            Host opA = Host.random(n, k, n + k);
            Host old = Host.positiveDefinite(n, 4);
            Matrix[] owner = new Matrix[1];
            Matrix a = opA.op(t).inWindow(backend(), p, "a", owner);
            try (Matrix c = old.on(backend(), p, "c")) {
              backend().syrk(t, 0.5, a, 3, c);
              Host expected = opA.times(opA.transposed()).combine(0.5, 3, old);
              Host got = Host.from(backend(), c);
              got.isWithin(
                  Tolerance.ofProduct(p, opA, opA.transposed(), old),
                  expected,
                  "syrk " + n + " " + k);
              got.isWithin(0, got.transposed(), "symmetry of syrk");
            }
            owner[0].close();
          }
        }
      }
    }
  }

  @Test
  default void gramMatchesPlainLoopsForShortAndTallFields() {
    for (int[] shape :
        new int[][] {
          {0, 5}, {5, 0}, {1, 1}, {33, 31}, {2500, 33}, {9000, 7}, {300, 520}, {1030, 516}
        }) {
      Host field = Host.random(shape[0], shape[1], 9);
      Host old = Host.positiveDefinite(shape[1], 4);
      Matrix[] owner = new Matrix[1];
      Matrix a = field.inWindow(backend(), Precision.FLOAT32, "a", owner);
      try (Matrix c = old.on(backend(), Precision.FLOAT64, "c");
          Matrix none = backend().allocate(Precision.FLOAT32, shape[0], shape[1], "not numbers")) {
        backend().gram(0.25, a, 2, c);
        Host expected = field.transposed().times(field).combine(0.25, 2, old);
        Host got = Host.from(backend(), c);
        double bound = gramBound(field, field, old);
        got.isWithin(bound, expected, "gram " + shape[0] + " x " + shape[1]);
        got.isWithin(0, got.transposed(), "symmetry of gram");
        // neither the result nor what a backend keeps of the last product may be read
        backend().fill(Double.NaN, none);
        backend().fill(Double.NaN, c);
        backend().gram(1, none, 0, c);
        backend().gram(1, a, 0, c);
        Host.from(backend(), c)
            .isWithin(4 * bound, field.transposed().times(field), "gram over NaN");
      }
      owner[0].close();
    }
  }

  @Test
  default void crossGramMatchesPlainLoops() {
    for (int[] shape :
        new int[][] {{0, 3, 4}, {7, 0, 4}, {2500, 33, 31}, {300, 520, 1}, {64, 1, 300}}) {
      Host x = Host.random(shape[0], shape[1], 1);
      Host y = Host.random(shape[0], shape[2], 2);
      Host old = Host.random(shape[1], shape[2], 3);
      Matrix[] owner = new Matrix[1];
      Matrix a = x.inWindow(backend(), Precision.FLOAT32, "a", owner);
      try (Matrix b = y.on(backend(), Precision.FLOAT32, "b");
          Matrix c = old.on(backend(), Precision.FLOAT64, "c")) {
        backend().crossGram(0.25, a, b, -1, c);
        Host expected = x.transposed().times(y).combine(0.25, -1, old);
        Host.from(backend(), c).isWithin(gramBound(x, y, old), expected, "crossGram");
      }
      owner[0].close();
    }
  }

  /** One triangle is not enough, as it is for a Gram matrix: C need not be symmetric before. */
  @Test
  default void crossGramOfAMatrixWithItselfHasBothTriangles() {
    for (int[] shape : new int[][] {{70, 33}, {70, 140}, {600, 140}, {70, 520}}) {
      Host x = Host.random(shape[0], shape[1], 1);
      Host old = Host.random(shape[1], shape[1], 3);
      try (Matrix a = x.on(backend(), Precision.FLOAT32, "a");
          Matrix c = old.on(backend(), Precision.FLOAT64, "c")) {
        backend().crossGram(0.25, a, a, -1, c);
        Host expected = x.transposed().times(x).combine(0.25, -1, old);
        Host.from(backend(), c)
            .isWithin(gramBound(x, x, old), expected, "itself " + shape[0] + " x " + shape[1]);
      }
    }
  }

  @Test
  default void mirroredCrossGramIsTheLowerTriangleTwice() {
    for (int[] shape :
        new int[][] {{0, 3}, {7, 0}, {1, 1}, {600, 200}, {2500, 33}, {2100, 200}, {300, 520}}) {
      Host x = Host.random(shape[0], shape[1], 1);
      Host y = Host.random(shape[0], shape[1], 2);
      Host old = Host.random(shape[1], shape[1], 3);
      Host expected = mirrored(x.transposed().times(y).combine(0.25, -1, old));
      Host poisoned = old.copy();
      for (int i = 0; i < shape[1]; i++) {
        for (int j = i + 1; j < shape[1]; j++) {
          poisoned.set(i, j, Double.NaN);
        }
      }
      Matrix[] owner = new Matrix[1];
      Matrix a = x.inWindow(backend(), Precision.FLOAT32, "a", owner);
      try (Matrix b = y.on(backend(), Precision.FLOAT32, "b");
          Matrix c = poisoned.on(backend(), Precision.FLOAT64, "c")) {
        backend().mirroredCrossGram(0.25, a, b, -1, c);
        Host got = Host.from(backend(), c);
        String what = "mirrored " + shape[0] + " x " + shape[1];
        got.isWithin(gramBound(x, y, old), expected, what);
        got.isWithin(0, got.transposed(), "symmetry of " + what);
        backend().fill(Double.NaN, c);
        backend().mirroredCrossGram(1, a, b, 0, c);
        Host.from(backend(), c)
            .isWithin(gramBound(x, y, old), mirrored(x.transposed().times(y)), what + " over NaN");
      }
      owner[0].close();
    }
  }

  private static Host mirrored(Host a) {
    Host b = a.copy();
    for (int i = 0; i < a.rows; i++) {
      for (int j = i + 1; j < a.columns; j++) {
        b.set(i, j, a.at(j, i));
      }
    }
    return b;
  }

  @Test
  default void triangularProductsMatchPlainLoops() {
    for (int[] shape :
        new int[][] {{0, 5}, {5, 0}, {1, 1}, {31, 33}, {300, 200}, {33, 385}, {4200, 513}}) {
      for (Precision p : Precision.values()) {
        for (Transpose t : Transpose.values()) {
          triangularProductMatches(shape[0], shape[1], p, t);
        }
      }
    }
  }

  private void triangularProductMatches(int m, int n, Precision p, Transpose t) {
    Host x = Host.random(m, n, 1);
    Host triangle = Host.random(n, n, 2).lowerTriangle();
    Matrix[] ownerB = new Matrix[1];
    Matrix[] ownerC = new Matrix[1];
    Matrix b = x.inWindow(backend(), p, "b", ownerB);
    Matrix c = new Host(m, n).inWindow(backend(), p, "c", ownerC);
    backend().fill(Double.NaN, c);
    try (Matrix l = triangle.on(backend(), p, "l")) {
      backend().multiplyTriangular(t, -0.5, b, l, c);
      Host product = x.times(triangle.op(t));
      Host.from(backend(), c)
          .isWithin(
              Tolerance.ofProduct(p, x, triangle.op(t), new Host(1, 1)),
              product.combine(-0.5, 0, product),
              "triangular product " + m + " x " + n + " " + p + " " + t);
      Host.from(backend(), b).isWithin(0, x, "B is not written");
      assertThat(Host.from(backend(), ownerC[0]).at(1, 3)).isNaN();
      assertThat(Host.from(backend(), ownerC[0]).at(m + 2, 3)).isNaN();
    }
    ownerB[0].close();
    ownerC[0].close();
  }

  @Test
  default void triangularProductsRefuseShapesThatDoNotFit() {
    try (Matrix b = backend().allocate(Precision.FLOAT32, 3, 4, "rows");
        Matrix c = backend().allocate(Precision.FLOAT32, 3, 4, "result");
        Matrix wide = backend().allocate(Precision.FLOAT32, 4, 5, "wide");
        Matrix l = backend().allocate(Precision.FLOAT32, 5, 5, "triangle");
        Matrix twice = backend().allocate(Precision.FLOAT64, 4, 4, "double")) {
      for (Matrix wrong : new Matrix[] {wide, l, twice}) {
        assertThatThrownBy(() -> backend().multiplyTriangular(Transpose.NO, 1, b, wrong, c))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("multiplyTriangular")
            .hasMessageContaining(wrong.describe());
      }
    }
  }

  /** Float32 sums run over at most 2048 samples before they are added in float64. */
  private static double gramBound(Host a, Host b, Host c) {
    double scale = a.transposed().magnitudes().times(b.magnitudes()).largest() + 4 * c.largest();
    return Tolerance.PRODUCT.ofSum(Precision.FLOAT32, Math.min(a.rows, 2048), scale);
  }

  @Test
  default void tallGramIsMoreAccurateThanFloat32Accumulation() {
    // 2^17 rows of ones and 2^-13: a float32 sum of the squares 2^-26 onto a large total loses them
    int samples = 1 << 17;
    Host field = new Host(samples, 1);
    java.util.Arrays.fill(field.data, 1 + 0x1p-12);
    try (Matrix a = field.on(backend(), Precision.FLOAT32, "a");
        Matrix c = backend().allocate(Precision.FLOAT64, 1, 1, "c")) {
      backend().gram(1.0 / samples, a, 0, c);
      double expected = (1 + 0x1p-12) * (1 + 0x1p-12);
      assertThat(Math.abs(Host.from(backend(), c).at(0, 0) - expected)).isLessThan(4e-6);
    }
  }

  @Test
  default void productsDoNotDependOnTheNumberOfThreads() {
    Host x = Host.random(5000, 130, 1);
    double[][] results = new double[2][];
    for (int threads = 1; threads <= 2; threads++) {
      try (Backend b = open(threads);
          Matrix a = x.on(b, Precision.FLOAT32, "a");
          Matrix c = b.allocate(Precision.FLOAT64, 130, 130, "c")) {
        b.gram(1, a, 0, c);
        results[threads - 1] = Host.from(b, c).data;
      }
    }
    assertThat(results[0]).isEqualTo(results[1]);
  }
}
