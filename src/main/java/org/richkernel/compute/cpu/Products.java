package org.richkernel.compute.cpu;

import org.richkernel.compute.Operands;
import org.richkernel.compute.Transpose;

/**
 * General and symmetric products. The result is split over the team, one single-threaded BLAS call
 * for each part.
 */
final class Products {
  /** Below this many multiplications a second thread costs more than it brings. */
  private static final long WORTH_SPLITTING = 64L * 64 * 64;

  /** Parts start at multiples of this, which the register blocks of BLAS divide. */
  private static final int ALIGN = 16;

  private final WorkerTeam team;
  private final GeneralProduct general;
  private final TriangularProduct triangular;
  private final SymmetricProduct symmetric;
  private final Mirror mirror;

  Products(WorkerTeam team, Mirror mirror) {
    this.team = team;
    this.mirror = mirror;
    this.general = new GeneralProduct();
    this.triangular = new TriangularProduct();
    this.symmetric = new SymmetricProduct();
  }

  void gemm(
      Transpose ta,
      Transpose tb,
      double alpha,
      CpuMatrix a,
      CpuMatrix b,
      double beta,
      CpuMatrix c) {
    int k = Operands.product(ta, tb, a, b, c);
    int m = c.rows();
    int n = c.columns();
    if (c.isEmpty()) {
      return;
    }
    general.ta = ta;
    general.tb = tb;
    general.alpha = alpha;
    general.beta = beta;
    general.a = a;
    general.b = b;
    general.c = c;
    general.k = k;
    general.parts = (long) m * n * Math.max(1, k) < WORTH_SPLITTING ? 1 : team.threads();
    team.run(general);
  }

  void multiplyTriangular(
      Transpose transpose, double alpha, CpuMatrix b, CpuMatrix l, CpuMatrix c) {
    Operands.triangularProduct(b, l, c);
    if (c.isEmpty()) {
      return;
    }
    triangular.transpose = transpose;
    triangular.alpha = alpha;
    triangular.b = b;
    triangular.l = l;
    triangular.c = c;
    triangular.parts = c.size() * l.rows() < 2 * WORTH_SPLITTING ? 1 : team.threads();
    team.run(triangular);
  }

  void syrk(Transpose transpose, double alpha, CpuMatrix a, double beta, CpuMatrix c) {
    int k = Operands.symmetricProduct(transpose, a, c);
    int n = c.rows();
    if (c.isEmpty()) {
      return;
    }
    symmetric.transpose = transpose;
    symmetric.alpha = alpha;
    symmetric.beta = beta;
    symmetric.a = a;
    symmetric.c = c;
    symmetric.k = k;
    symmetric.parts = (long) n * n * Math.max(1, k) < 2 * WORTH_SPLITTING ? 1 : team.threads();
    mirror.prepare();
    team.run(symmetric);
  }

  /** Start of part i of n rows in equal parts, aligned. */
  private static int evenly(int n, int i, int parts) {
    return i == parts ? n : (int) Math.min(n, (long) n * i / parts / ALIGN * ALIGN);
  }

  /** C in stripes of rows or of columns, whichever there are more of. */
  private static final class GeneralProduct implements Task {
    private Transpose ta;
    private Transpose tb;
    private double alpha;
    private double beta;
    private CpuMatrix a;
    private CpuMatrix b;
    private CpuMatrix c;
    private int k;
    private int parts;

    @Override
    public int pieces() {
      return parts;
    }

    @Override
    public void run(int piece, Worker w) {
      int i = 0;
      int m = c.rows();
      int j = 0;
      int n = c.columns();
      if (m >= n) {
        i = evenly(m, piece, parts);
        m = evenly(m, piece + 1, parts) - i;
      } else {
        j = evenly(n, piece, parts);
        n = evenly(n, piece + 1, parts) - j;
      }
      if (m > 0 && n > 0) {
        Blas.gemm(w, ta, tb, i, m, j, n, k, alpha, a, b, beta, c);
      }
    }
  }

  /** C in stripes of rows: a copy of B, multiplied in place. */
  private static final class TriangularProduct implements Task {
    private Transpose transpose;
    private double alpha;
    private CpuMatrix b;
    private CpuMatrix l;
    private CpuMatrix c;
    private int parts;

    @Override
    public int pieces() {
      return parts;
    }

    @Override
    public void run(int piece, Worker w) {
      int i = evenly(c.rows(), piece, parts);
      int m = evenly(c.rows(), piece + 1, parts) - i;
      if (m > 0) {
        Blas.copy(w, i, m, b, c);
        Blas.trmm(w, transpose, i, m, alpha, l, c);
      }
    }
  }

  /** The lower triangle in stripes of rows of equal cost: a rectangle and a triangle each. */
  private final class SymmetricProduct implements Task {
    /** Cost of the two products of a stripe, per entry, relative to the triangle on top. */
    private static final double STRIPE_COST = 1.08;

    private Transpose transpose;
    private double alpha;
    private double beta;
    private CpuMatrix a;
    private CpuMatrix c;
    private int k;
    private int parts;

    @Override
    public int pieces() {
      return parts;
    }

    private int boundary(int part) {
      int n = c.rows();
      if (part == 0 || part == parts) {
        return part == 0 ? 0 : n;
      }
      // x = STRIPE_COST (1 - x) / (parts - 1) is the share of the triangle in the area
      double triangle = STRIPE_COST / (parts - 1 + STRIPE_COST);
      double above = triangle + (part - 1) * (1 - triangle) / (parts - 1);
      // the area of the triangle above row i is proportional to i^2
      return (int) (n * Math.sqrt(above)) / ALIGN * ALIGN;
    }

    @Override
    public void run(int piece, Worker w) {
      int i = boundary(piece);
      int m = boundary(piece + 1) - i;
      if (m <= 0) {
        return;
      }
      if (i > 0) {
        Transpose other = transpose == Transpose.YES ? Transpose.NO : Transpose.YES;
        Blas.gemm(w, transpose, other, i, m, 0, i, k, alpha, a, a, beta, c);
      }
      Blas.syrkLower(w, transpose, i, m, k, alpha, a, beta, c);
      mirror.stripeToUpper(w, c, i, m);
    }
  }
}
