package org.richkernel.group;

import org.jspecify.annotations.Nullable;

/**
 * The ranks of one computation. All of them make the same calls in the same order, each from one
 * thread; a call returns when the rank has its result. Where they do not, calls throw {@link
 * RanksPartedException}.
 *
 * @see SocketGroup
 */
public interface RankGroup extends AutoCloseable {
  /** This rank, from 0. */
  int rank();

  /** W, the number of ranks. */
  int size();

  /**
   * The sum over all blocks, the same bits on every rank and for every number of ranks.
   *
   * @param shares owner of each block
   * @param own all blocks of this rank; empty afterwards
   * @param total where the sum is left, of the length of {@code own}
   * @throws RankLostException if a rank was lost
   */
  void sum(BlockShares shares, BlockSum own, double[] total);

  /**
   * Completes an array whose parts are on different ranks.
   *
   * @param values array; this rank holds the elements from {@code bounds[rank]} to {@code
   *     bounds[rank + 1]}
   * @param bounds W + 1 indices, the same on all ranks
   * @throws RankLostException if a rank was lost
   */
  void gather(double[] values, int[] bounds);

  /**
   * The bytes of rank 0.
   *
   * @param own null on other ranks
   * @throws RankLostException if a rank was lost
   */
  byte[] fromFirst(byte @Nullable [] own);

  @Override
  void close();

  /** A group of one. */
  static RankGroup alone() {
    return SingleRank.ALONE;
  }
}
