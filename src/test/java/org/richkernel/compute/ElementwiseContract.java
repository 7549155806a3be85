package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.function.DoubleBinaryOperator;
import org.junit.jupiter.api.Test;

/** Activations, elementwise updates, fused sampler steps, reductions. */
interface ElementwiseContract extends ContractSubject {
  @Test
  default void activationsMatchTheirDefinition() {
    Host h = Host.random(257, 33, 1).combine(3, 0, new Host(257, 33));
    double[] special = {0, -0.0, 1e-30, -1e-30, 1e-4, 50, -50, 1e30, -1e30};
    System.arraycopy(special, 0, h.data, 0, special.length);
    h.set(1, 0, Double.POSITIVE_INFINITY);
    h.set(1, 1, Double.NEGATIVE_INFINITY);
    for (Precision p : Precision.values()) {
      for (Activation f : Activation.all()) {
        Matrix[] owner = new Matrix[1];
        Matrix m = h.inWindow(backend(), p, "h", owner);
        try (Matrix phi = backend().allocate(p, 257, 33, "phi");
            Matrix slope = backend().allocate(p, 257, 33, "slope")) {
          Host held = Host.from(backend(), m);
          backend().activate(f, m, phi);
          requireActivated(f, p, held, Host.from(backend(), phi));
          backend().activateWithDerivative(f, m, m, slope);
          requireActivated(f, p, held, Host.from(backend(), m));
          Host d = Host.from(backend(), slope);
          for (int i = 0; i < d.data.length; i++) {
            double bound = Tolerance.SLOPE.of(p, 1);
            assertThat(d.data[i])
                .as("%s' at %s", f, held.data[i])
                .isCloseTo(f.derivative(held.data[i]), within(bound));
          }
        }
        owner[0].close();
      }
    }
  }

  /** Tails of GELU, the sigmoid and softplus are exact beside 1 only. */
  private static double scale(Activation f, double h, double expected) {
    boolean relative = f.isOdd() || f.isHomogeneous();
    return relative ? Math.abs(expected) : Math.max(1, Math.abs(h));
  }

  private static void requireActivated(Activation f, Precision p, Host h, Host phi) {
    for (int i = 0; i < h.data.length; i++) {
      double expected = f.value(h.data[i]);
      if (Double.isInfinite(expected)) {
        assertThat(phi.data[i]).isEqualTo(expected);
      } else {
        double bound = Tolerance.ACTIVATION.of(p, scale(f, h.data[i], expected));
        assertThat(phi.data[i]).as("%s(%s)", f, h.data[i]).isCloseTo(expected, within(bound));
      }
    }
  }

  @Test
  default void activationsKeepNan() {
    Host h = Host.random(3, 5, 1);
    h.set(1, 2, Double.NaN);
    for (Precision p : Precision.values()) {
      for (Activation f : Activation.all()) {
        try (Matrix m = h.on(backend(), p, "h")) {
          backend().activate(f, m, m);
          Host phi = Host.from(backend(), m);
          for (int i = 0; i < 15; i++) {
            assertThat(Double.isNaN(phi.data[i])).isEqualTo(i == 7);
          }
        }
      }
    }
  }

  /** Applies an operation to windows of odd shapes and compares y with a formula of (x, y). */
  private void updates(
      String name,
      java.util.function.BiConsumer<Matrix, Matrix> operation,
      DoubleBinaryOperator formula) {
    for (int n : ODD_SIZES) {
      for (Precision p : Precision.values()) {
        Host x = Host.random(n, 70, 1);
        Host y = Host.random(n, 70, 2);
        Host expected = new Host(n, 70);
        for (int i = 0; i < expected.data.length; i++) {
          expected.data[i] = formula.applyAsDouble(x.data[i], y.data[i]);
        }
        Matrix[] owner = new Matrix[1];
        Matrix window = x.inWindow(backend(), p, "x", owner);
        try (Matrix dense = x.on(backend(), p, "x");
            Matrix target = y.on(backend(), p, "y");
            Matrix other = y.on(backend(), p, "y")) {
          double bound = Tolerance.ELEMENTWISE.of(p, 10);
          operation.accept(window, target);
          Host.from(backend(), target).isWithin(bound, expected, name + " of a window");
          operation.accept(dense, other);
          Host.from(backend(), other).isWithin(bound, expected, name + " of a dense matrix");
        }
        owner[0].close();
      }
    }
  }

  @Test
  default void axpyScaleAndMultiplyMatchTheirFormulas() {
    updates("axpy", (x, y) -> backend().axpy(-0.7, x, y), (x, y) -> -0.7 * x + y);
    updates("multiply", backend()::multiply, (x, y) -> x * y);
    updates("scale", (x, y) -> backend().scale(1.3, y), (x, y) -> 1.3 * y);
  }

  @Test
  default void rowAndColumnScalingDiagonalAndRowDot() {
    for (int n : ODD_SIZES) {
      for (Precision p : Precision.values()) {
        Host a = Host.random(n, n, 1);
        Host b = Host.random(n, n, 2);
        Host w = Host.random(n, 1, 3);
        Host rows = a.copy();
        Host columns = a.copy();
        Host diagonal = a.copy();
        Host dots = new Host(n, 1);
        for (int i = 0; i < n; i++) {
          for (int j = 0; j < n; j++) {
            rows.set(i, j, w.at(i, 0) * a.at(i, j));
            columns.set(i, j, w.at(j, 0) * a.at(i, j));
            dots.set(i, 0, dots.at(i, 0) + a.at(i, j) * b.at(i, j));
          }
          diagonal.set(i, i, a.at(i, i) + 0.375);
        }
        Matrix[] owner = new Matrix[1];
        Matrix m = a.inWindow(backend(), p, "a", owner);
        try (Matrix other = b.on(backend(), p, "b");
            Matrix column = w.on(backend(), p, "w");
            Matrix row = w.transposed().on(backend(), p, "w");
            Matrix out = backend().allocate(p, n, 1, "out")) {
          double bound = Tolerance.ELEMENTWISE.of(p, 10);
          backend().rowDot(m, other, out);
          Host.from(backend(), out).isWithin(Tolerance.PRODUCT.ofSum(p, n, n), dots, "rowDot");
          backend().scaleRows(column, m);
          Host.from(backend(), m).isWithin(bound, rows, "scaleRows");
          backend().upload(a.data, m);
          backend().scaleColumns(row, m);
          Host.from(backend(), m).isWithin(bound, columns, "scaleColumns");
          backend().upload(a.data, m);
          backend().addDiagonal(0.375, m);
          Host.from(backend(), m).isWithin(bound, diagonal, "addDiagonal");
        }
        owner[0].close();
      }
    }
  }

  /** The matrix allows 16-byte accesses, the weights in the middle of a row do not. */
  @Test
  default void columnsAreScaledByWeightsThatStartAnywhere() {
    Host a = Host.random(6, 16, 1);
    Host w = Host.random(1, 16, 2);
    for (Precision p : Precision.values()) {
      Matrix[] owner = new Matrix[1];
      Matrix weights = w.inWindow(backend(), p, "w", owner);
      try (Matrix m = a.on(backend(), p, "a")) {
        backend().scaleColumns(weights, m);
        Host expected = new Host(6, 16);
        for (int i = 0; i < 6; i++) {
          for (int j = 0; j < 16; j++) {
            expected.set(i, j, w.at(0, j) * a.at(i, j));
          }
        }
        Host.from(backend(), m).isWithin(Tolerance.ELEMENTWISE.of(p, 10), expected, "scaleColumns");
      }
      owner[0].close();
    }
  }

  @Test
  default void backProjectionMatchesPlainLoops() {
    for (int k : new int[] {0, 1, 3, 7, 8, 33}) {
      for (int p : new int[] {0, 1, 33, 257}) {
        for (int s : new int[] {0, 1, 300}) {
          Host phi = Host.random(s, p, 1);
          Host slope = Host.random(s, p, 2);
          Host v = Host.random(p, k, 3);
          Host pulled = phi.times(v).times(v.transposed());
          Host expected = new Host(s, p);
          for (int i = 0; i < expected.data.length; i++) {
            expected.data[i] = 0.3 * slope.data[i] * pulled.data[i];
          }
          double scale =
              0.3
                  * slope.largest()
                  * phi.magnitudes()
                      .times(v.magnitudes())
                      .times(v.transposed().magnitudes())
                      .largest();
          Matrix[] owner = new Matrix[1];
          Matrix window = v.inWindow(backend(), Precision.FLOAT32, "v", owner);
          try (Matrix a = phi.on(backend(), Precision.FLOAT32, "phi");
              Matrix b = slope.on(backend(), Precision.FLOAT32, "slope")) {
            backend().backProject(0.3, a, b, window, b);
            Host.from(backend(), b)
                .isWithin(
                    Tolerance.PRODUCT.ofSum(Precision.FLOAT32, p + k, scale),
                    expected,
                    "backProject");
          }
          owner[0].close();
        }
      }
    }
  }

  @Test
  default void columnsAreGatheredAndScatteredByTheirIndices() {
    int[][] orders = {{}, {3}, {0, 1, 2, 3, 4}, {2, 3, 4}, {4, 0, 3, 1}, {6, 5, 4, 3, 2, 1, 0}};
    for (Precision p : Precision.values()) {
      for (int rows : new int[] {0, 1, 300}) {
        for (int[] order : orders) {
          Host wide = Host.random(rows, 7, 1);
          Host narrow = Host.random(rows, order.length, 2);
          Host gathered = new Host(rows, order.length);
          Host scattered = wide.copy();
          for (int i = 0; i < rows; i++) {
            for (int j = 0; j < order.length; j++) {
              gathered.set(i, j, wide.at(i, order[j]));
              scattered.set(i, order[j], narrow.at(i, j));
            }
          }
          Matrix[] owner = new Matrix[1];
          Matrix w = wide.inWindow(backend(), p, "wide", owner);
          try (Matrix n = narrow.on(backend(), p, "narrow");
              Matrix target = backend().allocate(p, rows, order.length, "target")) {
            backend().gatherColumns(w, order, target);
            Host.from(backend(), target).isWithin(0, gathered, "gatherColumns");
            backend().scatterColumns(n, order, w);
            Host.from(backend(), w).isWithin(0, scattered, "scatterColumns");
          }
          owner[0].close();
        }
      }
    }
    try (Matrix a = backend().allocate(Precision.FLOAT32, 2, 3, "a")) {
      assertThatThrownBy(() -> backend().gatherColumns(a, new int[] {0, 3, 1}, a))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> backend().scatterColumns(a, new int[] {0, 2}, a))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("scatterColumns");
    }
  }

  /** A pull of rank 10 is the sum of its halves, whichever way a backend takes each. */
  @Test
  default void backProjectionsOfManyPullsAddThoseOfFew() {
    Host phi = Host.random(300, 129, 1);
    Host slope = Host.random(300, 129, 2);
    Host v = Host.random(129, 10, 3);
    double scale =
        slope.largest()
            * phi.magnitudes().times(v.magnitudes()).times(v.transposed().magnitudes()).largest();
    try (Matrix a = phi.on(backend(), Precision.FLOAT32, "phi");
        Matrix b = slope.on(backend(), Precision.FLOAT32, "slope");
        Matrix pulls = v.on(backend(), Precision.FLOAT32, "v");
        Matrix whole = backend().allocate(Precision.FLOAT32, 300, 129, "whole");
        Matrix part = backend().allocate(Precision.FLOAT32, 300, 129, "part")) {
      backend().backProject(1, a, b, pulls, whole);
      for (int first : new int[] {0, 5}) {
        backend().backProject(1, a, b, pulls.view(0, 129, first, 5), part);
        backend().axpy(-1, part, whole);
      }
      Host.from(backend(), whole)
          .isWithin(
              2 * Tolerance.PRODUCT.ofSum(Precision.FLOAT32, 139, scale),
              new Host(300, 129),
              "backProject of 10 less those of 5 and 5");
    }
  }

  @Test
  default void kickRotateMatchesItsFormula() {
    for (int n : ODD_SIZES) {
      Host g = Host.random(n, 33, 1);
      Host x = Host.random(n, 33, 2);
      Host p = Host.random(n, 33, 3);
      Host newX = new Host(n, 33);
      Host newP = new Host(n, 33);
      for (int i = 0; i < x.data.length; i++) {
        double kicked = p.data[i] - 0.4 * g.data[i];
        newX.data[i] = x.data[i] * Math.cos(0.9) + kicked * Math.sin(0.9);
        newP.data[i] = kicked * Math.cos(0.9) - x.data[i] * Math.sin(0.9);
      }
      Matrix[] owner = new Matrix[1];
      Matrix mx = x.inWindow(backend(), Precision.FLOAT32, "x", owner);
      try (Matrix mg = g.on(backend(), Precision.FLOAT32, "g");
          Matrix mp = p.on(backend(), Precision.FLOAT32, "p")) {
        backend().kickRotate(0.4, mg, 0.9, mx, mp);
        double bound = Tolerance.ELEMENTWISE.of(Precision.FLOAT32, 5);
        Host.from(backend(), mx).isWithin(bound, newX, "x");
        Host.from(backend(), mp).isWithin(bound, newP, "p");
      }
      owner[0].close();
    }
  }

  @Test
  default void sumsAndDotsAreFloat64AndTheSameForAnyNumberOfThreads() {
    for (int n : new int[] {0, 1, 257, 2000}) {
      Host x = Host.random(n, 133, 1);
      Host y = Host.random(n, 133, 2);
      double sum = 0;
      double dot = 0;
      for (int i = 0; i < x.data.length; i++) {
        sum += x.data[i];
        dot += x.data[i] * y.data[i];
      }
      for (Precision p : Precision.values()) {
        double[] sums = new double[2];
        double[] dots = new double[2];
        for (int threads = 1; threads <= 2; threads++) {
          try (Backend b = open(threads);
              Matrix mx = x.on(b, p, "x");
              Matrix my = y.on(b, p, "y")) {
            sums[threads - 1] = b.sum(mx);
            dots[threads - 1] = b.dot(mx, my);
            assertThat(sums[threads - 1]).isCloseTo(sum, within(1e-10));
            assertThat(dots[threads - 1]).isCloseTo(dot, within(1e-9));
            assertThat(b.sum(mx.view(0, n, 3, 1))).isCloseTo(columnSum(x, 3), within(1e-10));
          }
        }
        assertThat(sums[0]).isEqualTo(sums[1]);
        assertThat(dots[0]).isEqualTo(dots[1]);
      }
    }
  }

  @Test
  default void dotsCanStayOnTheBackendAndBeAddedToADiagonal() {
    for (int n : new int[] {0, 1, 257, 2000}) {
      for (Precision p : Precision.values()) {
        try (Matrix x = Host.random(n, 133, 1).on(backend(), p, "x");
            Matrix y = Host.random(n, 133, 2).on(backend(), p, "y");
            Matrix a = Host.random(40, 40, 3).on(backend(), Precision.FLOAT64, "a");
            Matrix b = Host.random(40, 40, 3).on(backend(), Precision.FLOAT64, "b");
            Matrix numbers = backend().allocate(Precision.FLOAT64, 1, 3, "numbers")) {
          double dot = backend().dot(x, y);
          Matrix out = numbers.view(0, 1, 1, 1);
          backend().fill(0.7, numbers);
          backend().dot(-1.3, x, y, 0.3, out);
          assertThat(backend().sum(out)).isEqualTo(0.3 * 0.7 + -1.3 * dot);
          backend().fill(Double.NaN, out);
          backend().dot(2, x, y, 0, out);
          double[] all = new double[3];
          backend().download(numbers, all);
          assertThat(all).containsExactly(0.7, 2 * dot, 0.7);
          backend().addDiagonal(0.3, out, a);
          backend().addDiagonal(0.3 * (2 * dot), b);
          Host.from(backend(), a).isWithin(0, Host.from(backend(), b), "diagonal");
        }
      }
    }
  }

  @Test
  default void numbersThatStayMustBeSingleAndInFloat64() {
    try (Matrix a = backend().allocate(Precision.FLOAT64, 3, 3, "a");
        Matrix row = backend().allocate(Precision.FLOAT64, 1, 3, "row");
        Matrix single = backend().allocate(Precision.FLOAT32, 1, 1, "single")) {
      for (Matrix wrong : new Matrix[] {row, single}) {
        assertThatThrownBy(() -> backend().dot(1, a, a, 0, wrong))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining(wrong.label());
        assertThatThrownBy(() -> backend().addDiagonal(1, wrong, a))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining(wrong.label());
        assertThatThrownBy(() -> backend().logDeterminant(1, a, 0, wrong))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining(wrong.label());
        assertThatThrownBy(() -> backend().cholesky(a, wrong))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining(wrong.label());
      }
    }
  }

  private static double columnSum(Host x, int column) {
    double sum = 0;
    for (int i = 0; i < x.rows; i++) {
      sum += x.at(i, column);
    }
    return sum;
  }

  @Test
  default void elementwiseOperationsRefuseShapesThatDoNotFit() {
    try (Matrix a = backend().allocate(Precision.FLOAT32, 3, 4, "first");
        Matrix b = backend().allocate(Precision.FLOAT32, 4, 3, "second");
        Matrix c = backend().allocate(Precision.FLOAT64, 3, 4, "wide")) {
      assertThatThrownBy(() -> backend().axpy(1, a, b))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("axpy: first (3 x 4, FLOAT32) and second (4 x 3, FLOAT32)");
      assertThatThrownBy(() -> backend().multiply(a, c))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> backend().dot(a, b)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> backend().scaleRows(b, a))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> backend().addDiagonal(1, a))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> backend().kickRotate(1, c, 1, c, c))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("FLOAT32");
    }
  }
}
