package org.richkernel.group;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A group of one rank, which has everything already. */
final class SingleRank implements RankGroup {
  static final RankGroup ALONE = new SingleRank();

  private SingleRank() {}

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int size() {
    return 1;
  }

  @Override
  public void sum(BlockShares shares, BlockSum own, double[] total) {
    own.requireAll(shares, 0);
    own.finish(total, 0, own.length());
  }

  @Override
  public void gather(double[] values, int[] bounds) {
    // the only part is the whole
  }

  @Override
  public byte[] fromFirst(byte @Nullable [] own) {
    return Objects.requireNonNull(own);
  }

  @Override
  public void close() {
    // a single rank has no connections
  }
}
