package org.richkernel.bayes;

import org.richkernel.network.NetworkSpec;

/**
 * Number of rows of a population that move at a time.
 *
 * <p>A kink costs an energy error of order step^(3/2) sqrt(n P), so the step of a ReLU block goes
 * like n^(-1/2) and the cost per unit of path like (n + c) n^(-1/2), where c is the cost of the
 * P^3/3 Cholesky factor in rows: least at n = c; the minimum is flat, and on CPUs a few hundred
 * rows also keep the fixed cost of an operation small (bench/results/sampler.md). Smooth
 * activations have no such error; their blocks only bound the scratch memory.
 */
record BlockSizes(int largeBlocks, int smallBlocks, int rows) {
  private static final int SMALLEST = 250;

  /** Blocks of the populations of a solve. */
  static BlockSizes of(NetworkSpec network, SaddleOptions options, int points) {
    if (network.hiddenLayers() > 1 || network.convolutions().isPresent()) {
      // A layer acts on every row of the next: all rows move together.
      return new BlockSizes(1, options.extrapolates() ? 1 : 0, options.samples());
    }
    boolean kinks = network.activation().hasKink();
    int wanted = Math.max(SMALLEST, kinks ? points : 4 * points);
    if (options.extrapolates()) {
      // S is four times S/4, so both fall into blocks of the same two sizes.
      int quarter = options.samples() / 4;
      int blocks = Math.max(1, Math.round((float) quarter / wanted));
      return new BlockSizes(4 * blocks, blocks, largest(quarter, blocks));
    }
    int blocks = Math.max(1, Math.round((float) options.samples() / wanted));
    return new BlockSizes(blocks, 0, largest(options.samples(), blocks));
  }

  /**
   * Blocks of the populations of a solve in the dual form. The factor, S^3 / 3, is cheap compared
   * with the fields of a few hundred rows; smooth activations move all rows at once.
   */
  static BlockSizes ofDual(NetworkSpec network, SaddleOptions options) {
    int samples = options.samples();
    if (!network.activation().hasKink()) {
      return new BlockSizes(1, options.extrapolates() ? 1 : 0, samples);
    }
    int part = options.extrapolates() ? samples / 4 : samples;
    int blocks = Math.max(1, Math.round((float) part / SMALLEST));
    return new BlockSizes(
        options.extrapolates() ? 4 * blocks : blocks,
        options.extrapolates() ? blocks : 0,
        largest(part, blocks));
  }

  private static int largest(int samples, int blocks) {
    return (samples + blocks - 1) / blocks;
  }
}
