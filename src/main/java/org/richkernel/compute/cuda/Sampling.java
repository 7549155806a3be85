package org.richkernel.compute.cuda;

import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;

/** Random numbers from Philox counters: the same words as on every other backend. */
final class Sampling {
  private static final int WORDS = 4;

  private final KernelLauncher launcher;

  Sampling(KernelLauncher launcher) {
    this.launcher = launcher;
  }

  void fillGaussian(long seed, long stream, long firstSample, int firstIndex, CudaMatrix target) {
    Operands.counters("fillGaussian", firstSample, firstIndex, target);
    if (target.isEmpty()) {
      return;
    }
    int skip = firstIndex % WORDS;
    Rectangle shape = Rectangle.byRows(target);
    start(shape, skip == 0 ? shape.wide() : 0, seed, stream, firstSample)
        .add(firstIndex / WORDS)
        .add(skip)
        .add(target);
    launch(Kernel.FILL_GAUSSIAN, shape.rows(), shape.columns() + skip);
  }

  void fillUniform(long seed, long stream, long firstSample, CudaMatrix target) {
    Operands.counters("fillUniform", firstSample, 0, target);
    if (target.isEmpty()) {
      return;
    }
    Rectangle shape = Rectangle.byRows(target);
    start(shape, shape.wide(), seed, stream, firstSample).add(target);
    launch(Kernel.FILL_UNIFORM, shape.rows(), shape.columns());
  }

  private LaunchArguments start(Rectangle shape, int wide, long seed, long stream, long sample) {
    return launcher
        .arguments()
        .add(shape.rows())
        .add(shape.columns())
        .add(wide)
        .add((int) seed)
        .add((int) (seed >>> 32))
        .add((int) stream)
        .add((int) (stream >>> 32))
        .add((int) sample);
  }

  private void launch(Kernel kernel, long rows, long numbers) {
    launcher.overRectangle(kernel, Precision.FLOAT32, rows, numbers, WORDS);
  }
}
