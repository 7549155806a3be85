package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Cholesky, triangular solves, eigenvalues. */
interface FactorizationContract extends ContractSubject {
  @Test
  default void choleskyFactorReproducesTheMatrix() {
    for (int n : new int[] {0, 1, 31, 64, 200, 257, 385, 500}) {
      Host a = Host.positiveDefinite(n, n);
      Host poisoned = a.copy();
      for (int i = 0; i < n; i++) {
        for (int j = i + 1; j < n; j++) {
          poisoned.set(i, j, Double.NaN);
        }
      }
      Matrix[] owner = new Matrix[1];
      Matrix m = poisoned.inWindow(backend(), Precision.FLOAT64, "a", owner);
      backend().cholesky(m);
      Host l = Host.from(backend(), m);
      l.isWithin(0, l.lowerTriangle(), "upper triangle of the factor");
      double bound = Tolerance.FACTORIZATION.ofSum(Precision.FLOAT64, n, a.largest());
      l.times(l.transposed()).isWithin(bound, a, "L L^T, n = " + n);
      double logs = 0;
      for (int i = 0; i < n; i++) {
        logs += 2 * Math.log(l.at(i, i));
      }
      assertThat(backend().logDeterminant(m)).isCloseTo(logs, within(1e-12 * (1 + n)));
      owner[0].close();
    }
  }

  @Test
  default void choleskyOfIndefiniteMatrixNamesIt() {
    for (int n : new int[] {3, 100, 500}) {
      for (double bad : new double[] {-5, 0, Double.NaN}) {
        Host a = new Host(n, n);
        for (int i = 0; i < n; i++) {
          a.set(i, i, i == n - 2 ? bad : 1);
        }
        try (Matrix m = a.on(backend(), Precision.FLOAT64, "kernel")) {
          assertThatThrownBy(() -> backend().cholesky(m))
              .isInstanceOf(NotPositiveDefiniteException.class)
              .hasMessageContaining("kernel (" + n + " x " + n);
        }
      }
    }
  }

  @Test
  default void failuresOfFactorizationsAreCountedWhereNobodyWaits() {
    for (int n : new int[] {3, 100, 500}) {
      Host definite = Host.positiveDefinite(n, n);
      try (Matrix failures = new Host(1, 1).on(backend(), Precision.FLOAT64, "failures");
          Matrix waited = definite.on(backend(), Precision.FLOAT64, "waited");
          Matrix counted = definite.on(backend(), Precision.FLOAT64, "counted")) {
        backend().cholesky(waited);
        backend().cholesky(counted, failures);
        assertThat(backend().sum(failures)).isZero();
        Host.from(backend(), counted).isWithin(0, Host.from(backend(), waited), "factor");
        double before = 0;
        for (double bad : new double[] {-5, 0, Double.NaN}) {
          Host a = new Host(n, n);
          for (int i = 0; i < n; i++) {
            a.set(i, i, i == n - 2 ? bad : 1);
          }
          try (Matrix m = a.on(backend(), Precision.FLOAT64, "kernel")) {
            backend().cholesky(m, failures);
          }
          double after = backend().sum(failures);
          assertThat(after).as("failures after a pivot of %s", bad).isGreaterThan(before);
          before = after;
        }
        // a factorization that succeeds takes nothing back
        backend().cholesky(waited.view(0, 1, 0, 1), failures);
        assertThat(backend().sum(failures)).isEqualTo(before);
      }
    }
  }

  @Test
  default void logDeterminantsCanStayOnTheBackend() {
    for (int n : new int[] {0, 1, 64, 300}) {
      Host start = new Host(1, 1);
      start.set(0, 0, 0.7);
      try (Matrix l = Host.positiveDefinite(n, n).on(backend(), Precision.FLOAT64, "l");
          Matrix out = start.on(backend(), Precision.FLOAT64, "out")) {
        backend().cholesky(l);
        double logs = backend().logDeterminant(l);
        backend().logDeterminant(-1.3, l, 0.3, out);
        assertThat(backend().sum(out)).isEqualTo(0.3 * 0.7 + -1.3 * logs);
        backend().fill(Double.NaN, out);
        backend().logDeterminant(2, l, 0, out);
        assertThat(backend().sum(out)).isEqualTo(2 * logs);
      }
    }
  }

  @Test
  default void triangularSolvesInvertTheProduct() {
    for (int n : new int[] {0, 1, 33, 200}) {
      for (int k : new int[] {0, 1, 31, 257}) {
        for (Side side : Side.values()) {
          for (Transpose t : Transpose.values()) {
            solveInverts(n, k, side, t);
          }
        }
      }
    }
  }

  private void solveInverts(int n, int k, Side side, Transpose t) {
    Host l = Host.positiveDefinite(n, 7).lowerTriangle();
    Host x = side == Side.LEFT ? Host.random(n, k, 1) : Host.random(k, n, 1);
    Host product = side == Side.LEFT ? l.op(t).times(x) : x.times(l.op(t));
    Host poisoned = l.copy();
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        poisoned.set(i, j, Double.NaN);
      }
    }
    Matrix[] owner = new Matrix[1];
    Matrix b = product.inWindow(backend(), Precision.FLOAT64, "b", owner);
    try (Matrix m = poisoned.on(backend(), Precision.FLOAT64, "l")) {
      backend().solveTriangular(side, t, 2, m, b);
      Host.from(backend(), b)
          .isWithin(
              Tolerance.FACTORIZATION.ofSum(Precision.FLOAT64, n, 8),
              x.combine(2, 0, x),
              side + " " + t + " " + n + " " + k);
    }
    owner[0].close();
  }

  @Test
  default void solveCholeskyInvertsTheMatrix() {
    for (int n : new int[] {0, 1, 200, 333}) {
      Host a = Host.positiveDefinite(n, 3);
      Matrix[] ownerL = new Matrix[1];
      Matrix l = a.inWindow(backend(), Precision.FLOAT64, "l", ownerL);
      backend().cholesky(l);
      double bound = Tolerance.FACTORIZATION.ofSum(Precision.FLOAT64, n, 8);
      for (int k : new int[] {0, 1, 2, 3, 33}) {
        Host x = Host.random(n, k, 4);
        String what = "solveCholesky of " + n + " x " + k;
        Matrix[] ownerB = new Matrix[1];
        Matrix window = a.times(x).inWindow(backend(), Precision.FLOAT64, "b", ownerB);
        backend().solveCholesky(l, window);
        Host.from(backend(), window).isWithin(bound, x, what + ", window");
        ownerB[0].close();
        try (Matrix b = a.times(x).on(backend(), Precision.FLOAT64, "b")) {
          backend().solveCholesky(l, b);
          Host.from(backend(), b).isWithin(bound, x, what);
        }
      }
      ownerL[0].close();
    }
  }

  @Test
  default void invertedFactorTimesTheMatrixIsTheUnitMatrix() {
    for (int n : new int[] {0, 1, 2, 65, 200}) {
      Host a = Host.positiveDefinite(n, 5);
      Matrix[] ownerL = new Matrix[1];
      Matrix[] ownerInverse = new Matrix[1];
      Matrix l = a.inWindow(backend(), Precision.FLOAT64, "l", ownerL);
      Matrix inverse = new Host(n, n).inWindow(backend(), Precision.FLOAT64, "i", ownerInverse);
      backend().cholesky(l);
      Host factor = Host.from(backend(), l);
      backend().invertCholesky(0.25, l, inverse);
      Host unit = new Host(n, n);
      for (int i = 0; i < n; i++) {
        unit.set(i, i, 0.25);
      }
      double bound = Tolerance.FACTORIZATION.ofSum(Precision.FLOAT64, n, 8);
      Host found = Host.from(backend(), inverse);
      a.times(found).isWithin(bound, unit, "A times the inverse");
      found.isWithin(bound, found.transposed(), "the inverse is symmetric");
      Host.from(backend(), l).isWithin(0, factor, "the factor stays");
      ownerL[0].close();
      ownerInverse[0].close();
    }
  }

  /** The whole width of a block, blocks with a rest, and more blocks than are kept of one width. */
  @Test
  default void twoSidedSolveIsUndoneByProducts() {
    for (int n : new int[] {1, 33, 256, 300, 530}) {
      Host a = Host.positiveDefinite(n, 6);
      Host x = Host.random(n, n, 7);
      Host c = x.combine(0.5, 0.5, x.transposed());
      MemoryPlan plan = new MemoryPlan();
      TwoSidedSolve.plan(backend(), plan, n);
      Matrix[] ownerL = new Matrix[1];
      Matrix[] ownerC = new Matrix[1];
      Matrix l = a.inWindow(backend(), Precision.FLOAT64, "l", ownerL);
      Matrix solved = c.inWindow(backend(), Precision.FLOAT64, "c", ownerC);
      backend().cholesky(l);
      try (Workspace memory = new Workspace(backend(), plan)) {
        new TwoSidedSolve(backend(), memory, n).solve(l, solved);
      }
      Host factor = Host.from(backend(), l);
      Host w = Host.from(backend(), solved);
      double bound = Tolerance.FACTORIZATION.ofSum(Precision.FLOAT64, n, 8);
      factor.transposed().times(w).times(factor).isWithin(bound, c, "L^T W L for n = " + n);
      w.isWithin(bound, w.transposed(), "W is symmetric");
      ownerL[0].close();
      ownerC[0].close();
    }
  }

  @Test
  default void eigenvectorsDiagonaliseTheMatrix() {
    for (int n : new int[] {0, 1, 2, 33, 64, 200}) {
      Host x = Host.random(n, n, n);
      Host a = x.combine(0.5, 0.5, x.transposed());
      Matrix[] owner = new Matrix[1];
      Matrix q = a.inWindow(backend(), Precision.FLOAT64, "a", owner);
      try (Matrix values = backend().allocate(Precision.FLOAT64, 1, n, "values")) {
        backend().eigenSymmetric(q, values);
        Host vectors = Host.from(backend(), q);
        Host w = Host.from(backend(), values);
        Host scaled = vectors.copy();
        Host identity = new Host(n, n);
        for (int j = 0; j < n; j++) {
          identity.set(j, j, 1);
          for (int i = 0; i < n; i++) {
            scaled.set(i, j, vectors.at(i, j) * w.at(0, j));
          }
          if (j > 0) {
            assertThat(w.at(0, j)).isGreaterThanOrEqualTo(w.at(0, j - 1));
          }
        }
        double bound = Tolerance.FACTORIZATION.ofSum(Precision.FLOAT64, n, 10);
        scaled.times(vectors.transposed()).isWithin(bound, a, "Q diag Q^T, n = " + n);
        vectors.transposed().times(vectors).isWithin(bound, identity, "Q^T Q, n = " + n);
      }
      owner[0].close();
    }
  }

  @Test
  default void eigenSymmetricRefusesNan() {
    Host a = Host.positiveDefinite(20, 1);
    a.set(3, 5, Double.NaN);
    a.set(5, 3, Double.NaN);
    try (Matrix m = a.on(backend(), Precision.FLOAT64, "kernel");
        Matrix values = backend().allocate(Precision.FLOAT64, 1, 20, "values")) {
      assertThatThrownBy(() -> backend().eigenSymmetric(m, values))
          .isInstanceOf(ArithmeticException.class)
          .hasMessageContaining("kernel");
    }
  }

  @Test
  default void factorizationsRefuseFloat32AndRectangles() {
    try (Matrix single = backend().allocate(Precision.FLOAT32, 4, 4, "single");
        Matrix wide = backend().allocate(Precision.FLOAT64, 4, 5, "wide");
        Matrix square = backend().allocate(Precision.FLOAT64, 5, 5, "square")) {
      assertThatThrownBy(() -> backend().cholesky(single))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("single");
      assertThatThrownBy(() -> backend().cholesky(wide))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("wide (4 x 5");
      assertThatThrownBy(() -> backend().solveCholesky(square, wide))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("solveCholesky");
      assertThatThrownBy(() -> backend().eigenSymmetric(square, wide))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("1 x 5");
    }
  }
}
