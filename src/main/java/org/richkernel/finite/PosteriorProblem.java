package org.richkernel.finite;

import org.richkernel.compute.Precision;
import org.richkernel.lazy.KernelRounding;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSites;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

/**
 * A network of finite width with its prior, and the data of its posterior.
 *
 * @param network depth, activation, weight and bias variances
 * @param options richness, noise, width, sampling
 * @param trainInputs P x D
 * @param trainTargets P x K
 * @param testInputs Q x D; zero rows when there are none
 */
public record PosteriorProblem(
    NetworkSpec network,
    LangevinOptions options,
    Inputs trainInputs,
    Targets trainTargets,
    Inputs testInputs) {
  /**
   * @throws InvalidProblemException if there are no training points, rows or dimensions do not
   *     agree, or fields or weights do not fit arrays
   * @throws org.richkernel.network.UnresolvedKernelException if rounding of the kernel is not small
   *     against kappa
   */
  public PosteriorProblem {
    if (trainInputs.rows() < 1) {
      throw new InvalidProblemException("train-size", 0, "give at least 1 training point");
    }
    if (trainInputs.rows() != trainTargets.rows()) {
      throw new InvalidProblemException(
          "train-y",
          trainTargets.rows() + " rows",
          "give one row per training input, " + trainInputs.rows());
    }
    testInputs.requireTestsOf(trainInputs);
    NetworkSites sites = NetworkSites.of(network, trainInputs.shape());
    WeightLayout.require(
        sites, options.width(), rankBound(network, trainInputs), trainTargets.outputs());
    PointFields.requireFit("width", options.width(), sites, options.width(), trainInputs.rows());
    TestPointOutputs.requireFit(sites, testInputs.rows());
    KernelRounding.requireResolved(network, trainInputs, Precision.FLOAT32, options.kappa());
  }

  /** A problem without test points. */
  public static PosteriorProblem of(
      NetworkSpec network, LangevinOptions options, Inputs inputs, Targets targets) {
    return new PosteriorProblem(network, options, inputs, targets, inputs.none());
  }

  /** P, training points. */
  public int points() {
    return trainInputs.rows();
  }

  /** K, outputs. */
  public int outputs() {
    return trainTargets.outputs();
  }

  /** The sites of the layers. */
  NetworkSites sites() {
    return NetworkSites.of(network, trainInputs.shape());
  }

  /** Largest possible rank of the training inputs, biases included. */
  int rankBound() {
    return rankBound(network, trainInputs);
  }

  private static int rankBound(NetworkSpec network, Inputs inputs) {
    if (network.convolutions().isPresent()) {
      return PosteriorInputs.patchRank(network, NetworkSites.of(network, inputs.shape()));
    }
    return Math.min(inputs.rows(), inputs.dimension() + (network.biasVariance() > 0 ? 1 : 0));
  }
}
