package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.richkernel.compute.Routine;

/**
 * The evaluation of a trajectory as routines of the backend, one for each moving block, valid until
 * the conditions change. The ends of a trajectory have a separate routine, since their products may
 * be more exact.
 */
final class StepRoutines implements AutoCloseable {
  private final Function<Runnable, Routine> maker;
  private final Runnable evaluation;
  private final List<Shaped> routines = new ArrayList<>();

  private record Shaped(Object block, double jitter, Routine routine) {}

  /**
   * @param maker creates a routine from work
   * @param evaluation depends on the block given to {@link #of}, and on conditions
   */
  StepRoutines(Function<Runnable, Routine> maker, Runnable evaluation) {
    this.maker = maker;
    this.evaluation = evaluation;
  }

  /**
   * The routine of a block, created at the first call.
   *
   * @param block identity of the moving block
   * @param jitter of the covariances; 0 without factorizations
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

  /** Discards all routines, after a change of the conditions. */
  void forget() {
    routines.forEach(one -> one.routine.close());
    routines.clear();
  }

  @Override
  public void close() {
    forget();
  }
}
