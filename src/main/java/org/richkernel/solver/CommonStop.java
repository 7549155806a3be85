package org.richkernel.solver;

import static java.util.stream.Collectors.toList;

import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.richkernel.group.RankGroup;
import org.richkernel.group.RanksPartedException;

/**
 * A stop that all ranks come to at the same step, whichever of them was asked. The message that
 * asks also holds a checksum of the state after the step, which all ranks compare.
 */
final class CommonStop extends StopSignal {
  private static final int NUMBERS = 2; // whether a rank is asked to stop, and its checksum

  private final RankGroup ranks;
  private final StopSignal own;
  private final double[] said;
  private final int[] bounds;

  CommonStop(RankGroup ranks, StopSignal own) {
    this.ranks = ranks;
    this.own = own;
    said = new double[NUMBERS * ranks.size()];
    bounds = new int[ranks.size() + 1];
    Arrays.setAll(bounds, rank -> NUMBERS * rank);
  }

  @Override
  public void raise() {
    own.raise();
  }

  /** Waits until all ranks ask. */
  @Override
  public boolean isRaised() {
    return isAskedOfAny(0);
  }

  /** Waits until all ranks ask. */
  @Override
  public boolean isRaised(String step, Supplier<SolverState> state) {
    boolean asked = isAskedOfAny(state.get().checksum());
    requireAlike(step);
    return asked;
  }

  private boolean isAskedOfAny(long checksum) {
    int at = bounds[ranks.rank()];
    said[at] = own.isRaised() ? 1 : 0;
    said[at + 1] = checksum;
    ranks.gather(said, bounds);
    return IntStream.range(0, ranks.size()).anyMatch(rank -> said[bounds[rank]] > 0);
  }

  private double checksum(int rank) {
    return said[bounds[rank] + 1];
  }

  private void requireAlike(String step) {
    Map<Double, List<Integer>> groups =
        IntStream.range(0, ranks.size())
            .boxed()
            .collect(Collectors.groupingBy(this::checksum, LinkedHashMap::new, toList()));
    if (groups.size() == 1) {
      return;
    }
    List<Integer> most = Collections.max(groups.values(), Comparator.comparing(List::size));
    List<Integer> parted =
        IntStream.range(0, ranks.size()).boxed().filter(rank -> !most.contains(rank)).toList();
    throw new RanksPartedException(
        "after "
            + step
            + " the state of "
            + named(parted)
            + " differs from that of "
            + named(most)
            + "; likely causes are processors of different types (BLAS chooses its kernels by"
            + " them) or a fault of memory");
  }

  private static String named(List<Integer> some) {
    return some.stream()
        .map(String::valueOf)
        .collect(Collectors.joining(", ", some.size() == 1 ? "rank " : "ranks ", ""));
  }
}
