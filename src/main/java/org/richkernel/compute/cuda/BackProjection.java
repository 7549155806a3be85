package org.richkernel.compute.cuda;

import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;

/**
 * out = scale slope o ((phi V) V^T). Up to rank 7 one kernel does both products row by row and
 * nothing but the result is stored. That kernel reads V twice for each row, which costs more than
 * storing the product from rank 8 on: there cuBLAS makes both, a panel of rows at a time.
 */
final class BackProjection {
  private static final int MOST_FUSED = 7;
  private static final long PANEL_BYTES = 16L << 20;

  private final KernelLauncher launcher;
  private final Products products;
  private final Scratch scratch;

  BackProjection(KernelLauncher launcher, Products products, Scratch scratch) {
    this.launcher = launcher;
    this.products = products;
    this.scratch = scratch;
  }

  void run(double scale, CudaMatrix phi, CudaMatrix slope, CudaMatrix v, CudaMatrix out) {
    Operands.precision("backProject", Precision.FLOAT32, phi);
    Operands.alike("backProject", phi, slope);
    Operands.alike("backProject", phi, out);
    Operands.samePrecision("backProject", phi, v);
    Operands.shape("backProject", v, phi.columns(), v.columns());
    if (phi.isEmpty()) {
      return;
    }
    if (v.columns() <= MOST_FUSED) {
      fused(scale, phi, slope, v, out);
    } else {
      byPanels(scale, phi, slope, v, out);
    }
  }

  private void fused(double scale, CudaMatrix phi, CudaMatrix slope, CudaMatrix v, CudaMatrix out) {
    launcher
        .arguments()
        .add((long) phi.rows())
        .add((long) phi.columns())
        .add(v.columns())
        .add(scale, Precision.FLOAT32)
        .add(phi)
        .add(slope)
        .add(v)
        .add(out);
    launcher.overRows(Kernel.BACK_PROJECT, Precision.FLOAT32, phi.rows());
  }

  private void byPanels(
      double scale, CudaMatrix phi, CudaMatrix slope, CudaMatrix v, CudaMatrix out) {
    int columns = phi.columns();
    int rank = v.columns();
    long rowBytes = (long) (columns + rank) * Float.BYTES;
    int panel = (int) Math.max(1, Math.min(phi.rows(), PANEL_BYTES / rowBytes));
    DevicePointer projection = scratch.take(Scratch.Purpose.BACK_PROJECTION, panel * rowBytes);
    DevicePointer pull = projection.plus((long) panel * rank * Float.BYTES);
    for (int first = 0; first < phi.rows(); first += panel) {
      int count = Math.min(panel, phi.rows() - first);
      Operand rows = new Operand(projection, rank);
      products.dense(Transpose.NO, count, rank, columns, phi.operand(first, 0), v.operand(), rows);
      products.dense(
          Transpose.YES, count, columns, rank, rows, v.operand(), new Operand(pull, columns));
      weigh(scale, count, pull, slope, out, first);
    }
  }

  private void weigh(
      double scale, int rows, DevicePointer pull, CudaMatrix slope, CudaMatrix out, int first) {
    int columns = slope.columns();
    launcher
        .arguments()
        .add((long) rows)
        .add((long) columns)
        .add(scale, Precision.FLOAT32)
        .add(pull)
        .add((long) columns)
        .add(slope.pointer(first, 0))
        .add((long) slope.stride())
        .add(out.pointer(first, 0))
        .add((long) out.stride());
    launcher.overRectangle(Kernel.WEIGH_PULL, Precision.FLOAT32, rows, columns, 1);
  }
}
