package org.richkernel.group;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.group.BlockShares.Node;

/**
 * A sum over blocks along a fixed binary tree: blocks 2 i and 2 i + 1 first, then pairs of those,
 * and so on, where a node without a sibling passes upwards unchanged. Rounding depends on the tree
 * alone, and not on the ranks that add its parts.
 *
 * <p>Blocks come in rising order; at most log2(B) + 1 partial sums of a run are held at once. The
 * arrays are kept for the next sum.
 */
public final class BlockSum {
  private final int length;
  private final List<Node> nodes = new ArrayList<>();
  private final List<double[]> sums = new ArrayList<>();
  private final List<double[]> free = new ArrayList<>();

  /**
   * @param length numbers of a block
   */
  public BlockSum(int length) {
    this.length = length;
  }

  /** Numbers of a block. */
  public int length() {
    return length;
  }

  /** Forgets all blocks. */
  public void clear() {
    free.addAll(sums);
    sums.clear();
    nodes.clear();
  }

  /** An array for the next block, to be filled and passed to {@link #add(int, double[])}. */
  public double[] next() {
    return free.isEmpty() ? new double[length] : free.remove(free.size() - 1);
  }

  /**
   * Adds a block.
   *
   * @param block its index, larger than those before
   * @param values kept and changed from here on
   */
  public void add(int block, double[] values) {
    add(new Node(block, 1), values);
  }

  /**
   * Adds the sum over the blocks of a node.
   *
   * @param node right of those before
   * @param values kept and changed from here on
   */
  public void add(Node node, double[] values) {
    Node last = node;
    double[] sum = values;
    while (!nodes.isEmpty() && nodes.get(nodes.size() - 1).isLeftOf(last)) {
      last = nodes.remove(nodes.size() - 1).parent();
      sum = merge(sums.remove(sums.size() - 1), sum, length);
    }
    nodes.add(last);
    sums.add(sum);
  }

  /** left += right; the right one is free again. */
  private double[] merge(double[] left, double[] right, int count) {
    for (int i = 0; i < count; i++) {
      left[i] += right[i];
    }
    free.add(right);
    return left;
  }

  /**
   * Refuses a sum that is not over all blocks of a rank.
   *
   * @throws IllegalStateException if it lacks one, or has one too many
   */
  void requireAll(BlockShares shares, int rank) {
    if (!nodes.equals(shares.nodes(rank))) {
      throw new IllegalStateException(
          "rank " + rank + " sums " + nodes + " in place of " + shares.nodes(rank));
    }
  }

  /** Their sums. */
  List<double[]> sums() {
    return sums;
  }

  /**
   * Ends the sum over all blocks.
   *
   * @param total where it is left
   * @param at first index
   * @param count numbers that count, at most {@link #length()}
   */
  void finish(double[] total, int at, int count) {
    int end = 0;
    for (Node node : nodes) {
      if (node.first() != end) {
        throw new IllegalStateException("no block " + end + " in the sum");
      }
      end += node.span();
    }
    double[] sum = sums.remove(sums.size() - 1);
    while (!sums.isEmpty()) {
      sum = merge(sums.remove(sums.size() - 1), sum, count);
    }
    nodes.clear();
    System.arraycopy(sum, 0, total, at, count);
    free.add(sum);
  }
}
