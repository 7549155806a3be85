package org.richkernel.limit;

import org.richkernel.network.InvalidProblemException;

/**
 * Gradient descent with heavy-ball momentum, decoupled weight decay and clipping: g is scaled by
 * min(1, clip / (|g| + 1e-6)), w becomes (1 - eta lambda) w, the velocity m becomes mu m + g, and w
 * moves by -eta m.
 *
 * @param stepSize eta
 * @param momentum mu, 0 for none
 * @param weightDecay lambda
 * @param clip largest norm of a gradient, infinite for none
 */
public record DescentRule(double stepSize, double momentum, double weightDecay, double clip) {
  private static final double GUARD = 1e-6;

  /**
   * Checks the numbers.
   *
   * @throws InvalidProblemException naming the first invalid one
   */
  public DescentRule {
    require(stepSize > 0 && Double.isFinite(stepSize), "step-size", stepSize, "a positive number");
    require(momentum >= 0 && momentum < 1, "momentum", momentum, "a number from 0 to below 1");
    require(
        weightDecay >= 0 && Double.isFinite(weightDecay),
        "weight-decay",
        weightDecay,
        "a number of at least 0");
    require(clip > 0, "clip", clip, "a positive number");
  }

  private static void require(boolean holds, String field, double value, String allowed) {
    if (!holds) {
      throw new InvalidProblemException(field, value, "use " + allowed);
    }
  }

  /** Plain gradient descent. */
  public static DescentRule plain(double stepSize) {
    return new DescentRule(stepSize, 0, 0, Double.POSITIVE_INFINITY);
  }

  /** The same with clipping. */
  public DescentRule withClip(double norm) {
    return new DescentRule(stepSize, momentum, weightDecay, norm);
  }

  /** The same with momentum. */
  public DescentRule withMomentum(double share) {
    return new DescentRule(stepSize, share, weightDecay, clip);
  }

  /** The same with weight decay. */
  public DescentRule withWeightDecay(double rate) {
    return new DescentRule(stepSize, momentum, rate, clip);
  }

  /** Whether the rule clips, so that the norm of the gradient is needed. */
  public boolean clips() {
    return clip < Double.POSITIVE_INFINITY;
  }

  /** Clipping factor of a gradient of the given norm. */
  public double shrinking(double norm) {
    return Math.min(1, clip / (norm + GUARD));
  }
}
