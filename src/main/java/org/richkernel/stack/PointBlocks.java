package org.richkernel.stack;

/**
 * Partition of the points into the blocks of sums over points. It depends on the number of points
 * alone, so sums do not depend on the devices that hold the blocks. The number of blocks is a power
 * of two of at most 16, such that a block has about 4096 points or more unless it is the only one.
 *
 * @param points P, at least 1
 */
public record PointBlocks(int points) {
  private static final int FEWEST = 4096;
  private static final int MOST_BLOCKS = 16;

  /** Largest number of points of a panel. */
  private static final int PANEL = 1024;

  /** B. */
  public int count() {
    return Math.min(MOST_BLOCKS, Math.max(1, Integer.highestOneBit(points / FEWEST)));
  }

  private int most() {
    return (points + count() - 1) / count();
  }

  /** First point of a block; P for the block after the last. */
  public int first(int block) {
    return (int) Math.min(points, (long) block * most());
  }

  /** Points of a block. */
  public int rows(int block) {
    return first(block + 1) - first(block);
  }

  /** Number of points of a panel, the same in all blocks. */
  public int panelRows() {
    int panels = (most() + PANEL - 1) / PANEL;
    return (most() + panels - 1) / panels;
  }
}
