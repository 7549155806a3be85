package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/** Scratch shared by all {@link FieldHistory histories} of a run; calls overwrite it. */
final class HistoryScratch {
  private final Backend backend;
  private final Matrix corner; // M x M
  private final Matrix pair; // 2M x M
  private final Matrix unit; // M x M
  private final Matrix mean; // 1 x 1
  private final Matrix factor; // M x M
  private final Matrix small; // M x M
  private final Matrix narrowSmall; // M x M, float32
  private final Matrix wide; // M x r
  private final Matrix narrow; // M x r, float32
  private final Matrix panel; // height x M
  private final Matrix otherPanel; // height x M
  private final Matrix ones; // S x 1

  /**
   * Adds the scratch to a plan.
   *
   * @param columns largest r
   * @param fields largest number of columns of a field
   * @param height rows of the tallest directions, at least the samples
   */
  static void plan(MemoryPlan plan, int samples, int columns, int fields, int height) {
    plan.add("present kernel", Precision.FLOAT64, fields, fields)
        .add("kernel and what is left", Precision.FLOAT64, 2 * fields, fields)
        .add("unit of histories", Precision.FLOAT64, fields, fields)
        .add("mean of a diagonal", Precision.FLOAT64, 1, 1)
        .add("present factor", Precision.FLOAT64, fields, fields)
        .add("small", Precision.FLOAT64, fields, fields)
        .add("small in float32", Precision.FLOAT32, fields, fields)
        .add("wide", Precision.FLOAT64, fields, columns)
        .add("wide in float32", Precision.FLOAT32, fields, columns)
        .add("panel", Precision.FLOAT32, height, fields)
        .add("other panel", Precision.FLOAT32, height, fields)
        .add("ones", Precision.FLOAT32, samples, 1);
  }

  HistoryScratch(Backend backend, Workspace memory, int samples) {
    this.backend = backend;
    corner = memory.get("present kernel");
    pair = memory.get("kernel and what is left");
    unit = memory.get("unit of histories");
    mean = memory.get("mean of a diagonal");
    factor = memory.get("present factor");
    small = memory.get("small");
    narrowSmall = memory.get("small in float32");
    wide = memory.get("wide");
    narrow = memory.get("wide in float32");
    panel = memory.get("panel");
    otherPanel = memory.get("other panel");
    ones = memory.get("ones").rowRange(0, samples);
    backend.fill(1, ones);
    backend.fill(0, unit);
    backend.addDiagonal(1, unit);
  }

  /** Scratch for the kernel of n present points, n x n. */
  Matrix corner(int n) {
    return corner.view(0, n, 0, n);
  }

  /** Scratch for two matrices one below the other, 2n x n. */
  Matrix pair(int n) {
    return pair.view(0, 2 * n, 0, n);
  }

  /** I, n x n. */
  Matrix unit(int n) {
    return unit.view(0, n, 0, n);
  }

  /** A_ii += factor times the mean diagonal of K + least; both matrices are n x n. */
  void addMeanDiagonal(double factor, Matrix kernel, double least, Matrix a) {
    int n = kernel.rows();
    backend.dot(factor / n, unit(n), kernel, 0, mean);
    backend.addDiagonal(least, mean);
    backend.addDiagonal(1, mean, a);
  }

  /** Scratch for a factorization, n x n. */
  Matrix factor(int n) {
    return factor.view(0, n, 0, n);
  }

  Matrix small(int rows, int columns) {
    return small.view(0, rows, 0, columns);
  }

  /** Scratch in float32, rows x columns. */
  Matrix narrowSmall(int rows, int columns) {
    return narrowSmall.view(0, rows, 0, columns);
  }

  /** Scratch for coefficients of points in the directions of the past. */
  Matrix wide(int rows, int columns) {
    return wide.view(0, rows, 0, columns);
  }

  /** Scratch for fields of all samples, S x columns. */
  Matrix panel(int columns) {
    return panel(ones.rows(), columns);
  }

  /** Scratch for directions of another height. */
  Matrix panel(int height, int columns) {
    return panel.view(0, height, 0, columns);
  }

  /** Second scratch for directions. */
  Matrix otherPanel(int height, int columns) {
    return otherPanel.view(0, height, 0, columns);
  }

  /** Ones, S x 1. */
  Matrix ones() {
    return ones;
  }

  /** target = alpha columns c^T + beta target. */
  void addColumns(double alpha, Matrix columns, Matrix c, double beta, Matrix target) {
    Matrix c32 = narrow.view(0, c.rows(), 0, c.columns());
    backend.copy(c, c32);
    backend.gemm(Transpose.NO, Transpose.YES, alpha, columns, c32, beta, target);
  }
}
