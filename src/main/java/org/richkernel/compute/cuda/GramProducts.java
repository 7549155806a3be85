package org.richkernel.compute.cuda;

import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;

/**
 * Gram matrices of float32 fields in float64. The result is cut into tiles and the samples into
 * panels: cuBLAS makes the float32 products of several panels at once, and a kernel adds them to
 * the float64 tile one after the other. Tiles, panels and the size of a batch follow from the
 * shapes and the number of multiprocessors: on one device the results do not depend on the free
 * memory, and on two devices of other sizes they differ by rounding.
 */
final class GramProducts {
  private static final int EDGE = 1024;
  private static final long MOST_SCRATCH_BYTES = 64L << 20;

  private final GramPanels panels;
  private final Scratch scratch;
  private final KernelLauncher launcher;
  private final Products products;
  private final Elementwise elementwise;

  GramProducts(
      GramPanels panels,
      Scratch scratch,
      KernelLauncher launcher,
      Products products,
      Elementwise elementwise) {
    this.panels = panels;
    this.scratch = scratch;
    this.launcher = launcher;
    this.products = products;
    this.elementwise = elementwise;
  }

  /** The lower triangle of alpha A^T B + beta C, and its mirror image above the diagonal. */
  void mirrored(
      String operation, double alpha, CudaMatrix a, CudaMatrix b, double beta, CudaMatrix c) {
    Operands.gram(operation, a, b, c);
    Operands.square(operation, c);
    if (c.isEmpty()) {
      return;
    }
    if (a.rows() == 0) {
      elementwise.scaleOld(beta, c);
    }
    int edge = edge(c.rows());
    for (int i = 0; i < c.rows() && a.rows() > 0; i += edge) {
      for (int j = 0; j <= i; j += edge) {
        tile(alpha, a, b, beta, c, i, edge, j, edge);
      }
    }
    products.mirror(c);
  }

  void crossGram(double alpha, CudaMatrix a, CudaMatrix b, double beta, CudaMatrix c) {
    Operands.gram("crossGram", a, b, c);
    if (c.isEmpty()) {
      return;
    }
    if (a.rows() == 0) {
      elementwise.scaleOld(beta, c);
      return;
    }
    int down = edge(c.rows());
    int across = edge(c.columns());
    for (int i = 0; i < c.rows(); i += down) {
      for (int j = 0; j < c.columns(); j += across) {
        tile(alpha, a, b, beta, c, i, down, j, across);
      }
    }
  }

  /** Edge of equal tiles of at most EDGE. */
  private static int edge(int n) {
    int tiles = (n + EDGE - 1) / EDGE;
    return (n + tiles - 1) / tiles;
  }

  private void tile(
      double alpha,
      CudaMatrix a,
      CudaMatrix b,
      double beta,
      CudaMatrix c,
      int i,
      int edgeRows,
      int j,
      int edgeColumns) {
    int m = Math.min(edgeRows, c.rows() - i);
    int n = Math.min(edgeColumns, c.columns() - j);
    int whole = panels.count(a.rows(), m, n);
    int length = a.rows() / whole;
    long panelBytes = (long) m * n * Float.BYTES;
    // equal groups, as few as the bound on scratch memory allows
    long groups = KernelLauncher.ceil(whole, Math.max(1, MOST_SCRATCH_BYTES / panelBytes));
    int group = (int) KernelLauncher.ceil(whole, groups);
    DevicePointer result = scratch.take(Scratch.Purpose.GRAM_PANELS, group * panelBytes);
    double keep = beta;
    for (int panel = 0; panel < whole; panel += group) {
      int count = Math.min(group, whole - panel);
      products.panels(a, i, m, b, j, n, (long) panel * length, length, count, result);
      accumulate(m, n, count, result, alpha, keep, c, i, j);
      keep = 1;
    }
    int rest = a.rows() - whole * length;
    if (rest > 0) {
      products.panels(a, i, m, b, j, n, (long) whole * length, rest, 1, result);
      accumulate(m, n, 1, result, alpha, keep, c, i, j);
    }
  }

  private void accumulate(
      int m,
      int n,
      int panels,
      DevicePointer panel,
      double alpha,
      double beta,
      CudaMatrix c,
      int i,
      int j) {
    launcher
        .arguments()
        .add((long) m)
        .add((long) n)
        .add(panels)
        .add(panel)
        .add(alpha, Precision.FLOAT64)
        .add(beta, Precision.FLOAT64)
        .add(c.pointer(i, j))
        .add((long) c.stride());
    launcher.overRectangle(Kernel.ACCUMULATE_PANELS, Precision.FLOAT64, m, n, 1);
  }
}
