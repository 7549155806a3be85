package org.richkernel.bayes;

import org.richkernel.compute.Activation;

/**
 * How many rows of a population to move at a time.
 *
 * <p>A kink costs an energy error of order step^(3/2) sqrt(n P), so the step of a ReLU block goes
 * like n^(-1/2) and the cost per unit of path like (n + c) n^(-1/2), where c is the cost of the
 * P^3/3 Cholesky factor in rows: least at n = c, about P/2 to P on CPUs. Smooth activations have no
 * such error; their blocks only bound the scratch memory.
 */
final class BlockSizes {
  private static final int SMALLEST = 128;

  private BlockSizes() {}

  /** Blocks of a population of S samples when its quarter is cut the same way. */
  static int blocks(Activation activation, int samples, int points) {
    return 4 * quarterBlocks(activation, samples / 4, points);
  }

  /** Blocks of a population of S/4 samples. */
  static int quarterBlocks(Activation activation, int quarter, int points) {
    int wanted = Math.max(SMALLEST, activation == Activation.RELU ? points : 4 * points);
    return Math.max(1, Math.round((float) quarter / wanted));
  }
}
