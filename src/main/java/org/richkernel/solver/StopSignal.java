package org.richkernel.solver;

/**
 * Asks a running solver to checkpoint and stop at its next step boundary: by {@link #raise}, or by
 * an interrupt of the thread that runs it, whose interrupt flag stays set.
 */
public class StopSignal {
  private volatile boolean raised;

  /** Asks for the stop; may be called from any thread or signal handler. */
  public void raise() {
    raised = true;
  }

  /** Whether a stop was asked for, or the calling thread, the solver's, was interrupted. */
  public boolean isRaised() {
    return raised || Thread.currentThread().isInterrupted();
  }
}
