package org.richkernel.compute.cuda;

/**
 * Number of panels of the samples of a Gram product. cuBLAS gives each multiprocessor one block of
 * a product at a time, so a product of few blocks leaves most of a device idle, and a number of
 * blocks just above a whole number of rounds leaves it idle in the last. More panels even that out,
 * but their products have to be written and read once more.
 *
 * <p>The least estimated time decides, in flops that pass meanwhile on a device of the kind of an
 * H100 or H200 (60 TFLOP/s in float32, 12 flops for each byte of memory); nothing else depends on
 * the estimate.
 */
final class GramPanels {
  /** Samples of one float32 product at most, which bounds its rounding. */
  static final int LONGEST = 1024;

  /** Shorter sums would not pay for the start of a block. */
  private static final int SHORTEST = 64;

  /** Edge of cuBLAS's blocks of float32 products. */
  private static final int BLOCK = 128;

  /** A partial last round is then at most a ninth of all. */
  private static final int ENOUGH_ROUNDS = 8;

  /** One element of a product written and read again: 8 bytes. */
  private static final double FLOPS_PER_ELEMENT = 100;

  /** A product and a launch more, for the samples left over: 5 us. */
  private static final double FLOPS_PER_CALL = 3e8;

  /** Products may take this much even where the fields are smaller. */
  private static final long SMALL_BYTES = 8L << 20;

  private final int multiprocessors;

  GramPanels(int multiprocessors) {
    this.multiprocessors = multiprocessors;
  }

  /**
   * The number of equal panels; a few samples may be left over.
   *
   * @param samples S, at least 1
   * @param rows of the tile
   * @param columns of the tile
   */
  int count(int samples, int rows, int columns) {
    long blocks = KernelLauncher.ceil(rows, BLOCK) * KernelLauncher.ceil(columns, BLOCK);
    long least = KernelLauncher.ceil(samples, LONGEST);
    long enough = KernelLauncher.ceil((long) ENOUGH_ROUNDS * multiprocessors, blocks);
    long room =
        Math.max(SMALL_BYTES, (long) samples * Math.max(rows, columns) * Float.BYTES)
            / ((long) rows * columns * Float.BYTES);
    long most = Math.min(Math.min(enough, room), samples / SHORTEST);
    long best = least;
    double bestFlops = Double.POSITIVE_INFINITY;
    for (long count = least; count <= Math.max(least, most); count++) {
      double flops = flops(samples, blocks, (double) rows * columns, count);
      if (flops < bestFlops) {
        bestFlops = flops;
        best = count;
      }
    }
    return (int) best;
  }

  private double flops(int samples, long blocks, double area, long count) {
    double rounds = KernelLauncher.ceil(blocks * count, multiprocessors);
    long length = samples / count;
    double products = rounds * multiprocessors * 2.0 * BLOCK * BLOCK * length;
    double rest = samples % count == 0 ? 0 : FLOPS_PER_CALL;
    return products + FLOPS_PER_ELEMENT * area * count + rest;
  }
}
