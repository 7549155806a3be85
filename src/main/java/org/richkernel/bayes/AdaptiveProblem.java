package org.richkernel.bayes;

import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

/**
 * A data set and the network whose adaptive kernel is to be found on it.
 *
 * @param network depth, activation and prior
 * @param options richness, noise, samples, stopping
 * @param trainInputs P x D
 * @param trainTargets P x K
 * @param testInputs P_t x D; zero rows when there are none
 */
public record AdaptiveProblem(
    NetworkSpec network,
    SaddleOptions options,
    Inputs trainInputs,
    Targets trainTargets,
    Inputs testInputs) {
  /**
   * @throws InvalidProblemException if there are fewer than 2 training points, rows or dimensions
   *     do not agree, inputs are too large for float32, targets are all zero, or inputs are all
   *     zero without biases
   */
  public AdaptiveProblem {
    if (trainInputs.rows() < 2) {
      throw new InvalidProblemException(
          "train-size", trainInputs.rows(), "an adaptive kernel needs at least 2 training points");
    }
    if (trainInputs.rows() != trainTargets.rows()) {
      throw new InvalidProblemException(
          "train-y",
          trainTargets.rows() + " rows",
          "give one row per training input, " + trainInputs.rows());
    }
    testInputs.requireTestsOf(trainInputs);
    trainInputs.requireSinglePrecision("train-x");
    testInputs.requireSinglePrecision("test-x");
    double square = 0;
    for (double value : trainTargets.toArray()) {
      square += value * value;
    }
    if (square == 0) {
      throw new InvalidProblemException(
          "train-y",
          "zero everywhere",
          "there is nothing to learn; give targets that differ from 0");
    }
    boolean constant = true;
    for (int i = 0; i < trainInputs.rows(); i++) {
      constant &= trainInputs.meanSquare(i) == 0;
    }
    if (constant && network.biasVariance() == 0) {
      throw new InvalidProblemException(
          "train-x", "zero everywhere", "give inputs that differ from 0, or a bias variance");
    }
  }

  /** The same problem at another richness and noise. */
  AdaptiveProblem at(double gamma, double kappa) {
    SaddleOptions there = options.withGamma(gamma);
    return new AdaptiveProblem(
        network,
        kappa == options.kappa() ? there : there.withBeta(1 / kappa),
        trainInputs,
        trainTargets,
        testInputs);
  }

  /** A problem without test points. */
  public static AdaptiveProblem of(
      NetworkSpec network, SaddleOptions options, Inputs inputs, Targets targets) {
    return new AdaptiveProblem(network, options, inputs, targets, inputs.none());
  }
}
