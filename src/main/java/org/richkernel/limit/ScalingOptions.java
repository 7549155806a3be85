package org.richkernel.limit;

import java.util.List;
import org.apache.commons.math3.fraction.BigFraction;
import org.richkernel.compute.Activation;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.option.Settings;

/**
 * Options of short trainings of networks of several widths on a small task.
 *
 * @param widths n, at least 2 different ones
 * @param repeats networks of each width
 * @param activation phi
 * @param inputDimension d
 * @param points P, all of them in every step
 * @param steps T
 * @param stepSize eta
 * @param momentum of heavy-ball momentum
 * @param epsilon in Adam's denominator, times n to the power of {@code epsilonExponents}
 * @param epsilonExponents L + 1
 * @param weightDecay decoupled, times n to the power of {@code weightDecayExponents}
 * @param weightDecayExponents L + 1
 * @param seed key of the random numbers
 */
public record ScalingOptions(
    List<Integer> widths,
    int repeats,
    Activation activation,
    int inputDimension,
    int points,
    int steps,
    double stepSize,
    double momentum,
    double epsilon,
    List<BigFraction> epsilonExponents,
    double weightDecay,
    List<BigFraction> weightDecayExponents,
    long seed) {
  private static final int MOST_WIDTH = 32_768;

  private static final Settings<ScalingOptions> COPIES = Settings.of(ScalingOptions.class);

  /**
   * Checks the numbers.
   *
   * @throws InvalidProblemException naming the first invalid one
   */
  public ScalingOptions {
    widths = widths.stream().distinct().sorted().toList();
    epsilonExponents = List.copyOf(epsilonExponents);
    weightDecayExponents = List.copyOf(weightDecayExponents);
    if (widths.size() < 2) {
      throw new InvalidProblemException(
          "widths", widths, "a slope needs at least 2 different widths, such as 64,128,256,512");
    }
    require(widths.get(0) >= 2, "widths", widths.get(0), "use widths of at least 2");
    int widest = widths.get(widths.size() - 1);
    require(widest <= MOST_WIDTH, "widths", widest, "use widths up to " + MOST_WIDTH);
    require(repeats >= 2 && repeats <= 0xffff, "repeats", repeats, "use 2 to 65535");
    require(inputDimension >= 1, "dimension", inputDimension, "use at least 1");
    require(points >= 1, "points", points, "use at least 1");
    require(steps >= 1 && steps <= 10_000, "steps", steps, "use 1 to 10000");
    require(isPositive(stepSize), "step-size", stepSize, "use a positive number");
    require(momentum >= 0 && momentum < 1, "momentum", momentum, "use a number from 0 to below 1");
    require(isPositive(epsilon), "epsilon", epsilon, "use a positive number");
    require(
        weightDecay >= 0 && Double.isFinite(weightDecay),
        "weight-decay",
        weightDecay,
        "use a number of at least 0");
  }

  /** Targets of the points, 1 and -1 in turn. */
  public double[] targets() {
    double[] targets = new double[points];
    for (int p = 0; p < points; p++) {
      targets[p] = p % 2 == 0 ? 1 : -1;
    }
    return targets;
  }

  private static boolean isPositive(double value) {
    return value > 0 && Double.isFinite(value);
  }

  private static void require(boolean holds, String field, Object value, String allowed) {
    if (!holds) {
      throw new InvalidProblemException(field, value, allowed);
    }
  }

  /**
   * The usual task: tanh, 8 inputs, 4 points, 4 steps, widths 64 to 1024 with 4 networks each;
   * epsilon and weight decay with the exponents of the parametrization.
   */
  public static ScalingOptions usual(Parametrization parametrization) {
    Classification scaled = Classification.of(parametrization);
    return new ScalingOptions(
        List.of(64, 128, 256, 512, 1024),
        4,
        Activation.TANH,
        8,
        4,
        4,
        usualStep(parametrization.optimizer()),
        0.9,
        1e-8,
        scaled.epsilonExponents(),
        0,
        scaled.weightDecayExponents(),
        0);
  }

  /** Step size that moves preactivations of order 1 by a few tenths, if features are learned. */
  private static double usualStep(Optimizer optimizer) {
    return switch (optimizer) {
      case SGD -> 0.5;
      case MOMENTUM -> 0.2;
      case ADAM -> 0.1;
    };
  }

  private ScalingOptions with(String component, Object value) {
    return COPIES.with(this, component, value);
  }

  /** The same on other networks. */
  public ScalingOptions withNetworks(List<Integer> ofWidths, int ofEach, Activation phi) {
    return with("widths", ofWidths).with("repeats", ofEach).with("activation", phi);
  }

  /** The same with other steps. */
  public ScalingOptions withSteps(int count, double size) {
    return with("steps", count).with("stepSize", size);
  }

  /** The same with another denominator. */
  public ScalingOptions withEpsilon(double value, List<BigFraction> exponents) {
    return with("epsilon", value).with("epsilonExponents", exponents);
  }

  /** The same with weight decay. */
  public ScalingOptions withWeightDecay(double value, List<BigFraction> exponents) {
    return with("weightDecay", value).with("weightDecayExponents", exponents);
  }

  /** The same with other random numbers. */
  public ScalingOptions withSeed(long key) {
    return with("seed", key);
  }
}
