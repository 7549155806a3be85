package org.richkernel.compute.cuda;

import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;

/**
 * Numbers from matrices: partial sums by blocks, then one block adds them, all in float64 and in an
 * order that follows from the shape alone.
 */
final class Reductions {
  private static final int THREADS = 256;
  private static final int MOST_BLOCKS = 1024;
  private static final int ELEMENTS_PER_THREAD = 8;

  private final KernelLauncher launcher;
  private final Scratch scratch;
  private final Transfers transfers;

  Reductions(KernelLauncher launcher, Scratch scratch, Transfers transfers) {
    this.launcher = launcher;
    this.scratch = scratch;
    this.transfers = transfers;
  }

  double sum(CudaMatrix a) {
    return total(Kernel.SUM, a);
  }

  double dot(CudaMatrix a, CudaMatrix b) {
    Operands.alike("dot", a, b);
    return a.isEmpty() ? 0 : fetch(dotPartials(a, b));
  }

  void dot(double alpha, CudaMatrix a, CudaMatrix b, double beta, CudaMatrix out) {
    Operands.alike("dot", a, b);
    Operands.number("dot", out);
    finish(alpha, a.isEmpty() ? 0 : dotPartials(a, b), beta, out.pointer());
  }

  /** Launches the first stage; the number of its sums. */
  private int dotPartials(CudaMatrix a, CudaMatrix b) {
    int blocks = blocks(a.size());
    shape(a).add(a).add(b).add(partials());
    launcher.overBlocks(Kernel.DOT, a.precision(), blocks);
    return blocks;
  }

  /** Elements that are NaN or infinite. */
  double countNonfinite(CudaMatrix a) {
    return total(Kernel.COUNT_NONFINITE, a);
  }

  double logDeterminant(CudaMatrix l) {
    Operands.square("logDeterminant", l);
    Operands.precision("logDeterminant", Precision.FLOAT64, l);
    return l.isEmpty() ? 0 : fetch(logPartials(l));
  }

  void logDeterminant(double alpha, CudaMatrix l, double beta, CudaMatrix out) {
    Operands.square("logDeterminant", l);
    Operands.precision("logDeterminant", Precision.FLOAT64, l);
    Operands.number("logDeterminant", out);
    finish(alpha, l.isEmpty() ? 0 : logPartials(l), beta, out.pointer());
  }

  private int logPartials(CudaMatrix l) {
    int blocks = blocks(l.rows());
    launcher.arguments().add((long) l.rows()).add(l).add(partials());
    launcher.overBlocks(Kernel.LOG_DIAGONAL, Precision.FLOAT64, blocks);
    return blocks;
  }

  private double total(Kernel kernel, CudaMatrix a) {
    if (a.isEmpty()) {
      return 0;
    }
    int blocks = blocks(a.size());
    shape(a).add(a).add(partials());
    launcher.overBlocks(kernel, a.precision(), blocks);
    return fetch(blocks);
  }

  private LaunchArguments shape(CudaMatrix a) {
    return launcher.arguments().add((long) a.rows()).add((long) a.columns());
  }

  private static int blocks(long elements) {
    long wanted = KernelLauncher.ceil(elements, (long) THREADS * ELEMENTS_PER_THREAD);
    return (int) Math.min(wanted, MOST_BLOCKS);
  }

  private DevicePointer partials() {
    return scratch.take(Scratch.Purpose.REDUCTION, (MOST_BLOCKS + 1L) * Double.BYTES);
  }

  /** The sum of the partial sums; waits for it. */
  private double fetch(int blocks) {
    DevicePointer result = partials().plus((long) MOST_BLOCKS * Double.BYTES);
    finish(1, blocks, 0, result);
    return transfers.fetch(result, Double.BYTES).getDouble(0);
  }

  /** out = alpha (sum of the partial sums) + beta out. */
  private void finish(double alpha, int blocks, double beta, DevicePointer out) {
    launcher
        .arguments()
        .add((long) blocks)
        .add(partials())
        .add(alpha, Precision.FLOAT64)
        .add(beta, Precision.FLOAT64)
        .add(out);
    launcher.overBlocks(Kernel.SUM_PARTIALS, Precision.FLOAT64, 1);
  }
}
