package org.richkernel.group;

import java.util.ArrayList;
import java.util.List;

/**
 * Which rank owns which of the blocks 0 to B - 1: runs as equal as they can be, in the order of the
 * ranks. The blocks are those of the problem; ranks are as many as there are today.
 *
 * @param blocks B, at least 1
 * @param ranks W, from 1 to B
 */
public record BlockShares(int blocks, int ranks) {
  /**
   * @throws IllegalArgumentException if a rank would own no block
   */
  public BlockShares {
    if (ranks < 1 || blocks < ranks) {
      throw new IllegalArgumentException(blocks + " blocks for " + ranks + " ranks");
    }
  }

  /** First block of a rank; B for the rank after the last. */
  public int first(int rank) {
    return (int) ((long) blocks * rank / ranks);
  }

  /**
   * The fewest nodes of the tree over all blocks that cover a rank's: runs of 2^k blocks that start
   * at a multiple of 2^k.
   */
  public List<Node> nodes(int rank) {
    List<Node> nodes = new ArrayList<>();
    int end = first(rank + 1);
    for (int first = first(rank); first < end; ) {
      int span = first == 0 ? Integer.highestOneBit(end) : Integer.lowestOneBit(first);
      while (span > end - first) {
        span /= 2;
      }
      nodes.add(new Node(first, span));
      first += span;
    }
    return nodes;
  }

  /**
   * A node of the tree.
   *
   * @param first block
   * @param span blocks, a power of two that divides the first
   */
  public record Node(int first, int span) {
    /** Whether two nodes have one parent, this one being the left child. */
    public boolean isLeftOf(Node right) {
      return span == right.span && first % (2 * span) == 0 && right.first == first + span;
    }

    /** The parent of this left child. */
    public Node parent() {
      return new Node(first, 2 * span);
    }
  }
}
