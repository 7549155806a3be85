package org.richkernel.bayes;

/**
 * How many leapfrog steps a trajectory takes.
 *
 * <p>Short trajectories walk at random along the soft directions of the posterior, where learnt
 * features fluctuate; so their angle is held fixed and the number of steps follows the step.
 *
 * @param angle what the steps of a trajectory add up to, radians
 * @param least fewest steps
 * @param most most steps
 */
record TrajectoryLength(double angle, int least, int most) {
  /** What a solve uses; longer ones mix better per sweep, but not per gradient. */
  static final TrajectoryLength OF_A_SOLVE = new TrajectoryLength(0.7, 5, 64);

  /** Always the same number of steps. */
  static TrajectoryLength fixed(int leapfrogs) {
    return new TrajectoryLength(0, leapfrogs, leapfrogs);
  }

  /** The number of steps of this nominal size. */
  int leapfrogs(double step) {
    return (int) Math.max(least, Math.min(most, Math.round(angle / step)));
  }
}
