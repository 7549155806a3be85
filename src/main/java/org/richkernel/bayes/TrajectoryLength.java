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
  /**
   * The trajectories of a solve. A condensed ReLU neuron oscillates along its active direction with
   * a frequency well below 1, so shorter ones turn it by a fraction of their angle only
   * (bench/results/sampler.md).
   */
  static final TrajectoryLength OF_A_SOLVE = new TrajectoryLength(1.5, 5, 256);

  /** Always the same number of steps. */
  static TrajectoryLength fixed(int leapfrogs) {
    return new TrajectoryLength(0, leapfrogs, leapfrogs);
  }

  /** The number of steps of this nominal size. */
  int leapfrogs(double step) {
    return (int) Math.max(least, Math.min(most, Math.round(angle / step)));
  }
}
