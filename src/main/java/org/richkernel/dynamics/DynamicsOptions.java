package org.richkernel.dynamics;

import java.util.Map;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.option.Setting;
import org.richkernel.option.Settings;

/**
 * Options of gradient descent and of its theory. A value out of range throws {@link
 * InvalidProblemException}.
 *
 * @param gamma richness, positive; small is lazy
 * @param steps T, number of steps of gradient descent; times are 0 to T
 * @param stepSize eta, positive
 * @param weightDecay lambda, at least 0, with eta lambda &lt; 1
 * @param loss sum or mean over the training points
 * @param samples S, neurons that a sampled theory draws in each layer
 * @param seed key of all random streams
 * @param recordEvery k, kernels are kept at times 0, k, 2k, ... and T; 0 for times 0 and T alone
 * @param batchSize B, training points that drive each step, taken in turn; 0 for all of them
 * @param saveHistory whether the two-time kernels of all layers are kept; they take 8 L (P (T +
 *     1))^2 bytes
 */
public record DynamicsOptions(
    @Setting(
            label = "G",
            usual = "1",
            above = 0,
            help = "Richness, a positive pure number; small is lazy.")
        double gamma,
    @Setting(label = "T", usual = "100", min = 1, help = "Number of steps of gradient descent.")
        int steps,
    @Setting(
            label = "ETA",
            usual = "0.1",
            above = 0,
            help =
                "Step eta, in units of training time; a weight of a network of width N moves by"
                    + " eta N gamma^2 times its gradient.")
        double stepSize,
    @Setting(
            label = "LAMBDA",
            usual = "0",
            min = 0,
            help = "Decay rate of the weights of all layers, in units of 1/training time.")
        double weightDecay,
    @Setting(
            label = "NAME",
            usual = "sum",
            help = "sum or mean of half the squared errors over the training points of a step.")
        Loss loss,
    @Setting(
            label = "S",
            usual = "10000",
            min = DynamicsOptions.MIN_SAMPLES,
            help =
                "Number of neurons drawn in each layer by the sampled solvers; even for one-hidden.")
        int samples,
    @Setting(label = "N", usual = "0", help = "Key of the random numbers, an integer.") long seed,
    @Setting(
            label = "K",
            usual = "0",
            min = 0,
            allowed = "use a number of steps, or 0 for the last alone",
            help =
                "Keep the kernels of every K-th step; 0 for the first and the last. Unit: steps.")
        int recordEvery,
    @Setting(
            label = "B",
            usual = "0",
            min = 0,
            allowed = "use a number of points, or 0 for all of them",
            help = "Training points that drive each step, taken in turn; 0 for all. Unit: points.")
        int batchSize,
    @Setting(
            usual = "false",
            help = "Keep phi_l_t and g_l_t between all pairs of times, (points x steps)^2 each.")
        boolean saveHistory) {
  /** Smallest accepted number of samples. */
  public static final int MIN_SAMPLES = 64;

  private static final Settings<DynamicsOptions> SETTINGS = Settings.of(DynamicsOptions.class);

  public DynamicsOptions {
    SETTINGS.check(
        gamma,
        steps,
        stepSize,
        weightDecay,
        loss,
        samples,
        seed,
        recordEvery,
        batchSize,
        saveHistory);
    if (stepSize * weightDecay >= 1) {
      throw new InvalidProblemException(
          "weight-decay",
          weightDecay,
          "step-size times weight-decay must stay below 1, so use less than " + 1 / stepSize);
    }
  }

  /**
   * Summed loss, no weight decay, 10000 samples, seed 0, full batches, kernels at the start and the
   * end.
   */
  public static DynamicsOptions of(double gamma, int steps, double stepSize) {
    return SETTINGS.usual().withGamma(gamma).withSteps(steps).withStepSize(stepSize);
  }

  private DynamicsOptions with(String component, Object value) {
    return SETTINGS.with(this, component, value);
  }

  /** The same with options changed by their names on the command line. */
  public DynamicsOptions with(Map<String, ?> values) {
    return SETTINGS.with(this, values);
  }

  /** The options by the names of the command line. */
  public Map<String, Object> describe() {
    return SETTINGS.describe(this);
  }

  /** The same with another richness. */
  public DynamicsOptions withGamma(double richness) {
    return with("gamma", richness);
  }

  /** The same with another number of steps. */
  public DynamicsOptions withSteps(int count) {
    return with("steps", count);
  }

  /** The same with another step size. */
  public DynamicsOptions withStepSize(double eta) {
    return with("stepSize", eta);
  }

  /** The same with another weight decay. */
  public DynamicsOptions withWeightDecay(double lambda) {
    return with("weightDecay", lambda);
  }

  /** The same with another loss. */
  public DynamicsOptions withLoss(Loss kind) {
    return with("loss", kind);
  }

  /** The same with another number of samples. */
  public DynamicsOptions withSamples(int count) {
    return with("samples", count);
  }

  /** The same with another seed. */
  public DynamicsOptions withSeed(long key) {
    return with("seed", key);
  }

  /** The same with kernels kept at every k-th time. */
  public DynamicsOptions withRecordEvery(int k) {
    return with("recordEvery", k);
  }

  /** The same with another batch size; 0 for full batches. */
  public DynamicsOptions withBatchSize(int size) {
    return with("batchSize", size);
  }

  /** The same with two-time kernels kept, or not. */
  public DynamicsOptions withSaveHistory(boolean save) {
    return with("saveHistory", save);
  }

  /**
   * Refuses samples that cannot be split into independent parts.
   *
   * @throws InvalidProblemException if there are fewer samples than parts
   */
  void requireParts(int parts) {
    if (samples < parts) {
      throw new InvalidProblemException(
          "samples", samples, "use at least " + parts + ", the number of populations");
    }
  }

  /** rho = 1 - eta lambda, the factor of a weight in a step. */
  public double retention() {
    return 1 - stepSize * weightDecay;
  }
}
