package org.richkernel.solver;

/**
 * Step-size adaptation by dual averaging (Hoffman and Gelman 2014, arXiv:1111.4246, section 3.2),
 * used during burn-in and frozen afterwards, so that the chain that is averaged is Markovian.
 */
public final class DualAveraging {
  // Ten times the published value: trajectories are expensive here and their acceptance is a smooth
  // function of the step, so calm moves settle sooner than bold ones.
  private static final double GAIN = 0.5;
  private static final double OFFSET = 10;
  private static final double DECAY = 0.75;

  private final double target;
  private final double largest;
  private double centre;
  private double errorSum;
  private double logStep;
  private double logAverage;
  private long count;

  /**
   * @param target acceptance probability to aim at, in (0, 1)
   * @param first step to start from
   * @param largest no step exceeds this
   */
  public DualAveraging(double target, double first, double largest) {
    this.target = target;
    this.largest = largest;
    this.centre = Math.log(2 * first);
    this.logStep = Math.log(first);
    this.logAverage = logStep;
  }

  /** Takes the acceptance probability of one trajectory, in [0, 1]. */
  public void observe(double acceptance) {
    count++;
    errorSum += target - acceptance;
    logStep = centre - Math.sqrt(count) / GAIN * errorSum / (count + OFFSET);
    logStep = Math.min(logStep, Math.log(largest));
    double weight = Math.pow(count, -DECAY);
    logAverage = weight * logStep + (1 - weight) * logAverage;
  }

  /** The step to try next while adapting. */
  public double current() {
    return Math.exp(logStep);
  }

  /** The averaged step, to be frozen. */
  public double settled() {
    return Math.exp(Math.min(logAverage, Math.log(largest)));
  }

  /** The state, for a checkpoint. */
  public double[] state() {
    return new double[] {centre, errorSum, logStep, logAverage, count};
  }

  /** Restores a saved state. */
  public void restore(double[] state) {
    centre = state[0];
    errorSum = state[1];
    logStep = state[2];
    logAverage = state[3];
    count = (long) state[4];
  }
}
