package org.richkernel.solver;

import java.util.function.Supplier;
import org.richkernel.group.RanksPartedException;

/**
 * Asks a running solver to checkpoint and stop at its next step boundary: by {@link #raise}, or by
 * an interrupt of the thread that runs it, whose interrupt flag stays set.
 */
public class StopSignal {
  private static final StopSignal NEVER =
      new StopSignal() {
        @Override
        public boolean isRaised() {
          return false;
        }
      };

  private volatile boolean raised;

  /** The signal of work that has no way to end early, which sees no interrupt either. */
  public static StopSignal never() {
    return NEVER;
  }

  /** Asks for the stop; may be called from any thread or signal handler. */
  public void raise() {
    raised = true;
  }

  /** Whether a stop was requested, or the calling thread of the solver was interrupted. */
  public boolean isRaised() {
    return raised || Thread.currentThread().isInterrupted();
  }

  /**
   * Throws if a stop is requested, from deep calls that cannot return in order.
   *
   * @throws InterruptedRunException if a stop was requested
   */
  public final void check() {
    if (isRaised()) {
      throw new InterruptedRunException();
    }
  }

  /**
   * The same after a step that several ranks have made alike.
   *
   * @param step names it in a message
   * @param state common state of the ranks; evaluated only for several ranks
   * @throws RanksPartedException if a rank has another state
   */
  public boolean isRaised(String step, Supplier<SolverState> state) {
    return isRaised();
  }
}
