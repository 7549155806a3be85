package org.richkernel.solver;

import java.util.Arrays;
import org.richkernel.group.RankGroup;

/** A stop that all ranks come to at the same step, whichever of them was asked. */
final class CommonStop extends StopSignal {
  private final RankGroup ranks;
  private final StopSignal own;
  private final double[] asked;
  private final int[] bounds;

  CommonStop(RankGroup ranks, StopSignal own) {
    this.ranks = ranks;
    this.own = own;
    asked = new double[ranks.size()];
    bounds = new int[ranks.size() + 1];
    Arrays.setAll(bounds, rank -> rank);
  }

  @Override
  public void raise() {
    own.raise();
  }

  /** Waits until all ranks ask. */
  @Override
  public boolean isRaised() {
    asked[ranks.rank()] = own.isRaised() ? 1 : 0;
    ranks.gather(asked, bounds);
    return Arrays.stream(asked).anyMatch(one -> one > 0);
  }
}
