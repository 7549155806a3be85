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
    if (a.isEmpty()) {
      return 0;
    }
    int blocks = blocks(a.size());
    DevicePointer partials = partials();
    shape(a).add(a).add(b).add(partials);
    launcher.overBlocks(Kernel.DOT, a.precision(), blocks);
    return finish(partials, blocks);
  }

  /** Elements that are NaN or infinite. */
  double countNonfinite(CudaMatrix a) {
    return total(Kernel.COUNT_NONFINITE, a);
  }

  double logDeterminant(CudaMatrix l) {
    Operands.square("logDeterminant", l);
    Operands.precision("logDeterminant", Precision.FLOAT64, l);
    if (l.isEmpty()) {
      return 0;
    }
    int blocks = blocks(l.rows());
    DevicePointer partials = partials();
    launcher.arguments().add((long) l.rows()).add(l).add(partials);
    launcher.overBlocks(Kernel.LOG_DIAGONAL, Precision.FLOAT64, blocks);
    return finish(partials, blocks);
  }

  private double total(Kernel kernel, CudaMatrix a) {
    if (a.isEmpty()) {
      return 0;
    }
    int blocks = blocks(a.size());
    DevicePointer partials = partials();
    shape(a).add(a).add(partials);
    launcher.overBlocks(kernel, a.precision(), blocks);
    return finish(partials, blocks);
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

  private double finish(DevicePointer partials, int blocks) {
    DevicePointer result = partials.plus((long) MOST_BLOCKS * Double.BYTES);
    launcher.arguments().add((long) blocks).add(partials).add(result);
    launcher.overBlocks(Kernel.SUM_PARTIALS, Precision.FLOAT64, 1);
    return transfers.fetch(result, Double.BYTES).getDouble(0);
  }
}
