package org.richkernel.dynamics;

/** Solver of the full dynamical theory. */
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
   * LINEAR for linear networks; ONE_HIDDEN for one hidden layer if no number of steps was set;
   * otherwise CAUSAL.
   */
  AUTO;

  /** The name used on the command line and in result files. */
  public String id() {
    return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }
}
