package org.richkernel.compute.cuda;

import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;

/**
 * Factors of float32 products as sums of two parts that are exact on tensor cores, a = high + low:
 * with one factor as (high, low, high) and the other as (high, high, low) one product of three
 * times the inner length leaves out low times low only, which is of the order of float32's own
 * rounding (Ootomo and Yokota 2022, doi:10.1177/10943420221090256).
 */
final class SplitFactors {
  /** Copies of a factor. */
  static final int PARTS = 3;

  /**
   * Multiply-adds from which on a product gains more than the splitting takes: about 10 us of
   * float32 arithmetic on a large device.
   */
  private static final long LEAST_WORK = 1L << 28;

  /** Most inner length of a product; longer ones are added up. */
  static final int MOST_LENGTH = 8192;

  /** Most bytes of the copies of one factor. */
  private static final long MOST_BYTES = 256L << 20;

  /** Which factor of a product. */
  enum Factor {
    /** In parts (high, low, high). */
    LEFT(1, Scratch.Purpose.LEFT_FACTOR),
    /** In parts (high, high, low). */
    RIGHT(2, Scratch.Purpose.RIGHT_FACTOR);

    private final int low;
    private final Scratch.Purpose purpose;

    Factor(int low, Scratch.Purpose purpose) {
      this.low = low;
      this.purpose = purpose;
    }
  }

  private final KernelLauncher launcher;
  private final Scratch scratch;

  SplitFactors(KernelLauncher launcher, Scratch scratch) {
    this.launcher = launcher;
    this.scratch = scratch;
  }

  /** Whether a product of (m x k) and (k x n) is worth it. */
  static boolean gains(long m, long n, long k) {
    return m * n >= LEAST_WORK / Math.max(1, k);
  }

  /** Scratch bytes for one factor of so many elements. */
  static long scratchBytes(long elements) {
    return elements < MOST_BYTES / Float.BYTES / PARTS
        ? PARTS * elements * Float.BYTES
        : MOST_BYTES;
  }

  /** Lines of a factor, of so many elements each, that scratch memory holds at once. */
  static int most(long elements) {
    return (int)
        Math.max(1, Math.min(Integer.MAX_VALUE, MOST_BYTES / (PARTS * elements * Float.BYTES)));
  }

  /**
   * The parts of a block of a factor, side by side along its rows or one below the other: along its
   * inner side.
   *
   * @param lines of the block along the other side
   * @param length of its inner side
   * @param line the first of the lines
   * @param from where the inner side begins
   * @param innerIsAcross whether the inner side runs along the stored rows
   */
  Operand of(
      Factor factor,
      int lines,
      int length,
      Operand whole,
      int line,
      int from,
      boolean innerIsAcross) {
    int rows = innerIsAcross ? lines : length;
    int columns = innerIsAcross ? length : lines;
    Operand block = innerIsAcross ? whole.from(line, from) : whole.from(from, line);
    int leading = innerIsAcross ? PARTS * columns : columns;
    long step = innerIsAcross ? columns : (long) rows * columns;
    return new Operand(split(factor, rows, columns, block, rows, 0, leading, step), leading);
  }

  /** The parts of every panel of so many rows, below each other; panels follow one another. */
  Operand ofPanels(Factor factor, int panels, int length, int columns, Operand first) {
    long step = (long) length * columns;
    long rows = (long) panels * length;
    return new Operand(
        split(factor, rows, columns, first, length, PARTS * step, columns, step), columns);
  }

  private DevicePointer split(
      Factor factor,
      long rows,
      int columns,
      Operand block,
      long group,
      long groupStride,
      long rowStride,
      long step) {
    DevicePointer out = scratch.take(factor.purpose, PARTS * rows * columns * Float.BYTES);
    launcher
        .arguments()
        .add(rows)
        .add((long) columns)
        .add(block.at())
        .add((long) block.leading())
        .add(out)
        .add(group)
        .add(groupStride)
        .add(rowStride)
        .add(step)
        .add(factor.low);
    launcher.overRectangle(Kernel.SPLIT, Precision.FLOAT32, rows, columns, 1);
    return out;
  }

  /** Whether the inner side of op(A) (m x k) runs along the stored rows. */
  static boolean leftIsAcross(Transpose transpose) {
    return transpose == Transpose.NO;
  }

  /** Whether the inner side of op(B) (k x n) runs along the stored rows. */
  static boolean rightIsAcross(Transpose transpose) {
    return transpose == Transpose.YES;
  }
}
