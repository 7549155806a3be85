package org.richkernel.compute.cuda;

import org.richkernel.compute.Operands;

/** Columns that change places, by one launch with their indices on the device. */
final class ColumnMoves {
  private final KernelLauncher launcher;
  private final Scratch scratch;
  private final Transfers transfers;

  ColumnMoves(KernelLauncher launcher, Scratch scratch, Transfers transfers) {
    this.launcher = launcher;
    this.scratch = scratch;
    this.transfers = transfers;
  }

  /** Whether the columns are neighbours, which a copy moves without indices. */
  boolean oneRun(int[] columns) {
    return columns.length == 0 || Operands.run(columns, 0) == columns.length;
  }

  void gather(CudaMatrix source, int[] columns, CudaMatrix target) {
    Operands.columns("gatherColumns", source, columns, target);
    move(Kernel.GATHER_COLUMNS, source, columns, target);
  }

  void scatter(CudaMatrix source, int[] columns, CudaMatrix target) {
    Operands.columns("scatterColumns", target, columns, source);
    move(Kernel.SCATTER_COLUMNS, source, columns, target);
  }

  private void move(Kernel kernel, CudaMatrix source, int[] columns, CudaMatrix target) {
    if (source.isEmpty() || target.isEmpty()) {
      return;
    }
    DevicePointer index =
        scratch.take(Scratch.Purpose.INDICES, (long) columns.length * Integer.BYTES);
    transfers.send(columns, index);
    launcher
        .arguments()
        .add((long) source.rows())
        .add((long) columns.length)
        .add(index)
        .add(source)
        .add(target);
    launcher.overRectangle(kernel, target.precision(), source.rows(), columns.length, 1);
  }
}
