package org.richkernel.solver;

/** Why a solver stopped. */
public enum StopReason {
  /** The certificate met the tolerance. */
  CONVERGED,
  /** The largest number of iterations was reached first. */
  BUDGET,
  /** The state left the domain of the theory. */
  DIVERGED,
  /** A stop was requested; a checkpoint was written. */
  INTERRUPTED
}
