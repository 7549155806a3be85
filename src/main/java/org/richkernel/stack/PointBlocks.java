package org.richkernel.stack;

/**
 * How points are cut into blocks, which sums over points are taken in: a function of the number of
 * points alone, so that the sums do not depend on who holds which block. Their number is a power of
 * two, and each has 4096 points at least unless it is the only one.
 *
 * @param points P, at least 1
 */
public record PointBlocks(int points) {
  private static final int FEWEST = 4096;
  private static final int MOST_BLOCKS = 16;

  /** Most points of a panel. */
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

  /** Points that are worked on at a time, the same in all blocks. */
  public int panelRows() {
    int panels = (most() + PANEL - 1) / PANEL;
    return (most() + panels - 1) / panels;
  }
}
