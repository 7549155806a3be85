package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.richkernel.compute.Routine;

/**
 * The evaluation of a trajectory as routines of the backend, one for each block that moves, as long
 * as the conditions hold that they were made at. Both ends of a trajectory have a routine of their
 * own, since their products may be others.
 */
final class StepRoutines implements AutoCloseable {
  private final Function<Runnable, Routine> maker;
  private final Runnable evaluation;
  private final List<Shaped> routines = new ArrayList<>();

  private record Shaped(Object block, double jitter, Routine routine) {}

  /**
   * @param maker makes a routine of work
   * @param evaluation depends on the block that {@link #of} is asked for, and on conditions
   */
  StepRoutines(Function<Runnable, Routine> maker, Runnable evaluation) {
    this.maker = maker;
    this.evaluation = evaluation;
  }

  /**
   * The routine of a block; made where there is none yet.
   *
   * @param block what moves, one object for each
   * @param jitter of the covariances; 0 where there are none
   */
  Routine of(Object block, double jitter) {
    for (int i = 0; i < routines.size(); i++) {
      Shaped one = routines.get(i);
      if (one.block == block && one.jitter == jitter) {
        return one.routine;
      }
    }
    Routine made = maker.apply(evaluation);
    routines.add(new Shaped(block, jitter, made));
    return made;
  }

  /** Forgets all routines, after the conditions have changed. */
  void forget() {
    routines.forEach(one -> one.routine.close());
    routines.clear();
  }

  @Override
  public void close() {
    forget();
  }
}
