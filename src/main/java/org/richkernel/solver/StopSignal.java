package org.richkernel.solver;

/** A flag that asks a running solver to checkpoint and stop at its next step boundary. */
public final class StopSignal {
  private volatile boolean raised;

  /** Asks for the stop; may be called from any thread or signal handler. */
  public void raise() {
    raised = true;
  }

  /** Whether a stop was asked for. */
  public boolean isRaised() {
    return raised;
  }
}
