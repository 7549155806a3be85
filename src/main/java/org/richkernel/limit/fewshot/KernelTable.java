package org.richkernel.limit.fewshot;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * Kernel values between images and all centres, the images of the training pool in all rotations. A
 * common rotation leaves the kernel unchanged, K(R^r x, R^s x') = K(x, R^{s-r} x'), so rows are
 * kept for unrotated images: column j R + u holds K(x_i, R^u x_j).
 */
final class KernelTable {
  private static final int PANEL = 64;

  private KernelTable() {}

  /**
   * Adds a table to a plan.
   *
   * @param label of the table
   */
  static void plan(MemoryPlan plan, String label, ImagePool rows, ImagePool centres) {
    plan.add(label, Precision.FLOAT32, rows.images(), centres.images() * centres.rotations());
  }

  /** Adds the scratch of {@link #fill}. */
  static void planScratch(MemoryPlan plan, ImagePool centres) {
    int columns = centres.images() * centres.rotations();
    plan.add("centres", Precision.FLOAT64, columns, centres.pixels() + 1)
        .add("panel of images", Precision.FLOAT64, PANEL, centres.pixels() + 1)
        .add("panel", Precision.FLOAT64, PANEL, columns)
        .add("panel, inner", Precision.FLOAT64, PANEL, columns)
        .add("panel, slope", Precision.FLOAT64, PANEL, columns)
        .add("panel, row variance", Precision.FLOAT64, PANEL, 1)
        .add("panel, column variance", Precision.FLOAT64, columns, 1);
  }

  /** Sets the centres. */
  static void uploadCentres(
      ImageKernel kernel, ImagePool centres, Backend backend, Workspace memory) {
    int columns = centres.pixels() + 1;
    float[] row = new float[columns];
    row[columns - 1] = kernel.biasInput();
    for (int j = 0; j < centres.images(); j++) {
      for (int u = 0; u < centres.rotations(); u++) {
        centres.copy(j, u, row, 0);
        backend.upload(row, memory.get("centres").rowRange(j * centres.rotations() + u, 1));
      }
    }
  }

  /** Computes a table, after {@link #uploadCentres}. */
  static void fill(
      ImageKernel kernel, ImagePool pool, String label, Backend backend, Workspace memory) {
    Matrix table = memory.get(label);
    Matrix centres = memory.get("centres");
    ImageKernel.Scratch scratch =
        new ImageKernel.Scratch(
            memory.get("panel, inner"),
            memory.get("panel, slope"),
            memory.get("panel, row variance"),
            memory.get("panel, column variance"));
    int columns = pool.pixels() + 1;
    for (int first = 0; first < pool.images(); first += PANEL) {
      int count = Math.min(PANEL, pool.images() - first);
      float[] rows = new float[count * columns];
      for (int i = 0; i < count; i++) {
        pool.copy(first + i, 0, rows, i * columns);
        rows[(i + 1) * columns - 1] = kernel.biasInput();
      }
      Matrix x = memory.get("panel of images").rowRange(0, count);
      Matrix value = memory.get("panel").rowRange(0, count);
      backend.upload(rows, x);
      kernel.evaluate(backend, x, centres, value, scratch);
      backend.copy(value, table.rowRange(first, count));
    }
  }
}
