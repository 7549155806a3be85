package org.richkernel.compute.cuda;

import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;

/** Patches of images by index tables, one kernel each. */
final class SitePatches {
  private final KernelLauncher launcher;

  SitePatches(KernelLauncher launcher) {
    this.launcher = launcher;
  }

  void cols(CudaMatrix table, CudaMatrix source, CudaMatrix target) {
    int images = Operands.cols(table, source, target);
    move(Kernel.COLS, images, source.rows(), table, source, target);
  }

  void uncols(CudaMatrix table, CudaMatrix source, CudaMatrix target) {
    int images = Operands.uncols(table, source, target);
    move(Kernel.UNCOLS, images, target.rows(), table, source, target);
  }

  /** Patches one way or the other; rows are those of the matrix of images. */
  private void move(
      Kernel kernel, int images, int rows, CudaMatrix table, CudaMatrix source, CudaMatrix target) {
    if (!target.isEmpty()) {
      begin(table, source.columns() / images)
          .add((long) rows)
          .add((long) target.columns())
          .add(source)
          .add(target);
      launcher.overRectangle(kernel, Precision.FLOAT32, target.rows(), target.columns(), 1);
    }
  }

  void average(
      double scale, CudaMatrix rows, CudaMatrix columns, CudaMatrix source, CudaMatrix target) {
    int[] images = Operands.averagePatches(rows, columns, source, target);
    if (!target.isEmpty()) {
      begin(rows, source.rows() / images[0])
          .add(columns)
          .add(columns.rows())
          .add(source.columns() / images[1])
          .add((long) target.rows())
          .add((long) target.columns())
          .add(scale, Precision.FLOAT64)
          .add(source)
          .add(target);
      launcher.overRectangle(
          Kernel.AVERAGE_PATCHES, Precision.FLOAT64, target.rows(), target.columns(), 1);
    }
  }

  /** The table with its shape, and the sites of an image of the source. */
  private LaunchArguments begin(CudaMatrix table, long sites) {
    return launcher.arguments().add(table).add(table.rows()).add(table.columns()).add((int) sites);
  }
}
