package org.richkernel.dynamics;

import org.richkernel.network.InvalidProblemException;

/**
 * How a network is trained and with how many samples its theory is solved.
 *
 * @param gamma richness, positive; small is lazy
 * @param steps T, number of steps of gradient descent; times are 0 to T
 * @param stepSize eta, positive
 * @param weightDecay lambda, at least 0, with eta lambda &lt; 1
 * @param loss sum or mean over the training points
 * @param samples S, neurons that a sampled theory draws in each layer
 * @param seed key of all random streams
 * @param recordEvery kernels are kept at times 0, k, 2k, ... and T; 0 for 0 and T alone
 * @param batchSize B, training points that drive each step, taken in turn; 0 for all of them
 * @param saveHistory whether the two-time kernels of all layers are kept; they take 8 L (P (T +
 *     1))^2 bytes
 */
public record DynamicsOptions(
    double gamma,
    int steps,
    double stepSize,
    double weightDecay,
    Loss loss,
    int samples,
    long seed,
    int recordEvery,
    int batchSize,
    boolean saveHistory) {
  /** Fewest samples that are accepted. */
  public static final int MIN_SAMPLES = 64;

  public DynamicsOptions {
    requirePositive("gamma", gamma);
    requirePositive("step-size", stepSize);
    if (steps < 1) {
      throw new InvalidProblemException("steps", steps, "use at least 1");
    }
    if (!(weightDecay >= 0) || Double.isInfinite(weightDecay)) {
      throw new InvalidProblemException(
          "weight-decay", weightDecay, "use a finite number of at least 0");
    }
    if (stepSize * weightDecay >= 1) {
      throw new InvalidProblemException(
          "weight-decay",
          weightDecay,
          "step-size times weight-decay must stay below 1, so use less than " + 1 / stepSize);
    }
    if (samples < MIN_SAMPLES) {
      throw new InvalidProblemException("samples", samples, "use at least " + MIN_SAMPLES);
    }
    if (recordEvery < 0) {
      throw new InvalidProblemException(
          "record-every", recordEvery, "use a number of steps, or 0 for the last alone");
    }
    if (batchSize < 0) {
      throw new InvalidProblemException(
          "batch-size", batchSize, "use a number of points, or 0 for all of them");
    }
  }

  private static void requirePositive(String field, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new InvalidProblemException(field, value, "use a positive finite number");
    }
  }

  /**
   * Summed loss, no weight decay, 10000 samples, seed 0, full batches, kernels at the start and the
   * end.
   */
  public static DynamicsOptions of(double gamma, int steps, double stepSize) {
    return new DynamicsOptions(gamma, steps, stepSize, 0, Loss.SUM, 10000, 0, 0, 0, false);
  }

  /** The same with another richness. */
  public DynamicsOptions withGamma(double richness) {
    return new DynamicsOptions(
        richness,
        steps,
        stepSize,
        weightDecay,
        loss,
        samples,
        seed,
        recordEvery,
        batchSize,
        saveHistory);
  }

  /** The same with another number of steps. */
  public DynamicsOptions withSteps(int count) {
    return new DynamicsOptions(
        gamma,
        count,
        stepSize,
        weightDecay,
        loss,
        samples,
        seed,
        recordEvery,
        batchSize,
        saveHistory);
  }

  /** The same with another step size. */
  public DynamicsOptions withStepSize(double eta) {
    return new DynamicsOptions(
        gamma, steps, eta, weightDecay, loss, samples, seed, recordEvery, batchSize, saveHistory);
  }

  /** The same with another weight decay. */
  public DynamicsOptions withWeightDecay(double lambda) {
    return new DynamicsOptions(
        gamma, steps, stepSize, lambda, loss, samples, seed, recordEvery, batchSize, saveHistory);
  }

  /** The same with another loss. */
  public DynamicsOptions withLoss(Loss kind) {
    return new DynamicsOptions(
        gamma,
        steps,
        stepSize,
        weightDecay,
        kind,
        samples,
        seed,
        recordEvery,
        batchSize,
        saveHistory);
  }

  /** The same with another number of samples. */
  public DynamicsOptions withSamples(int count) {
    return new DynamicsOptions(
        gamma,
        steps,
        stepSize,
        weightDecay,
        loss,
        count,
        seed,
        recordEvery,
        batchSize,
        saveHistory);
  }

  /** The same with another seed. */
  public DynamicsOptions withSeed(long key) {
    return new DynamicsOptions(
        gamma,
        steps,
        stepSize,
        weightDecay,
        loss,
        samples,
        key,
        recordEvery,
        batchSize,
        saveHistory);
  }

  /** The same with kernels kept at every k-th time. */
  public DynamicsOptions withRecordEvery(int k) {
    return new DynamicsOptions(
        gamma, steps, stepSize, weightDecay, loss, samples, seed, k, batchSize, saveHistory);
  }

  /** The same with batches of so many points, taken in turn; 0 for full batches. */
  public DynamicsOptions withBatchSize(int size) {
    return new DynamicsOptions(
        gamma, steps, stepSize, weightDecay, loss, samples, seed, recordEvery, size, saveHistory);
  }

  /** The same with two-time kernels kept, or not. */
  public DynamicsOptions withSaveHistory(boolean save) {
    return new DynamicsOptions(
        gamma, steps, stepSize, weightDecay, loss, samples, seed, recordEvery, batchSize, save);
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

  /** rho = 1 - eta lambda, what a step leaves of a weight. */
  public double retention() {
    return 1 - stepSize * weightDecay;
  }
}
