package org.richkernel.compute.cuda;

import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;

/** Random numbers from Philox counters: the same words as on every other backend. */
final class Sampling {
  private static final long LAST_SAMPLE = 0xFFFFFFFFL;
  private static final int WORDS = 4;

  private final KernelLauncher launcher;

  Sampling(KernelLauncher launcher) {
    this.launcher = launcher;
  }

  void fillGaussian(long seed, long stream, long firstSample, CudaMatrix target) {
    fill("fillGaussian", Kernel.FILL_GAUSSIAN, seed, stream, firstSample, target);
  }

  void fillUniform(long seed, long stream, long firstSample, CudaMatrix target) {
    fill("fillUniform", Kernel.FILL_UNIFORM, seed, stream, firstSample, target);
  }

  private void fill(
      String operation, Kernel kernel, long seed, long stream, long sample, CudaMatrix target) {
    Operands.precision(operation, Precision.FLOAT32, target);
    if (sample < 0 || sample + Math.max(0, target.rows() - 1) > LAST_SAMPLE) {
      throw new IllegalArgumentException(
          operation
              + ": samples "
              + sample
              + " and on of "
              + target.describe()
              + " leave 0 .. 2^32 - 1");
    }
    if (target.isEmpty()) {
      return;
    }
    Rectangle shape = Rectangle.byRows(target);
    launcher
        .arguments()
        .add(shape.rows())
        .add(shape.columns())
        .add(shape.wide())
        .add((int) seed)
        .add((int) (seed >>> 32))
        .add((int) stream)
        .add((int) (stream >>> 32))
        .add((int) sample)
        .add(target);
    launcher.overRectangle(kernel, Precision.FLOAT32, shape.rows(), shape.columns(), WORDS);
  }
}
