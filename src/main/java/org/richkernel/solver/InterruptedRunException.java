package org.richkernel.solver;

/**
 * A stop before the whole result was there, see {@link StopSignal}: of a run that has no other way
 * to say so, or on the way from a block of work to those who end the run in order. The interrupt
 * flag of a thread that was interrupted is still set.
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
