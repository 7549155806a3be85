package org.richkernel.dynamics;

/** Which solver follows the dynamics of the full theory. */
public enum SolverKind {
  /** One pass over time with sampled neurons: any depth and activation. */
  CAUSAL,
  /** The fixed-point iteration over whole trajectories, for comparison. */
  ALTERNATING,
  /** Algebra without sampling, for linear networks. */
  LINEAR,
  /** Gradient flow of the neurons of one hidden layer, to its fixed point. */
  ONE_HIDDEN,
  /**
   * Linear for linear networks, one hidden layer where the network has one and no number of steps
   * was asked for, otherwise causal.
   */
  AUTO;

  /** The name used on the command line and in result files. */
  public String id() {
    return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }
}
