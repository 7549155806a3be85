package org.richkernel.bayes;

/**
 * Number of leapfrog steps of a trajectory.
 *
 * <p>Short trajectories perform a random walk along the soft directions of the posterior, in which
 * learnt features fluctuate. So the angle of a trajectory is fixed and the number of steps follows
 * from the step.
 *
 * @param angle of a trajectory, radians
 * @param least smallest number of steps
 * @param most largest number of steps
 */
record TrajectoryLength(double angle, int least, int most) {
  /**
   * The trajectories of a solve. A condensed ReLU neuron oscillates along its active direction with
   * a frequency well below 1, so shorter trajectories turn it by a small angle only
   * (bench/results/sampler.md).
   */
  static final TrajectoryLength OF_A_SOLVE = new TrajectoryLength(1.5, 5, 256);

  /** A fixed number of steps. */
  static TrajectoryLength fixed(int leapfrogs) {
    return new TrajectoryLength(0, leapfrogs, leapfrogs);
  }

  /** The number of steps at a nominal step. */
  int leapfrogs(double step) {
    return (int) Math.max(least, Math.min(most, Math.round(angle / step)));
  }
}
