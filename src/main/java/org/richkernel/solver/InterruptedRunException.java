package org.richkernel.solver;

/**
 * A run that was asked for its whole result was interrupted, see {@link StopSignal}. The interrupt
 * flag of the thread is still set.
 */
public final class InterruptedRunException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  /** Says how to stop without losing the work. */
  public InterruptedRunException() {
    super(
        "the thread was interrupted before the result was complete; give a RunControl with"
            + " checkpoints to go on later");
  }
}
