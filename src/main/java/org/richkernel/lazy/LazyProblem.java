package org.richkernel.lazy;

import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

/**
 * A data set to be fitted with a kernel at initialisation.
 *
 * @param network the network whose kernel is used
 * @param kernel NNGP or NTK
 * @param kappa the ridge, at least 0; the noise variance of a Gaussian process
 * @param trainInputs P x D
 * @param trainTargets P x K
 * @param testInputs any number of points, zero included, x D
 */
public record LazyProblem(
    NetworkSpec network,
    KernelKind kernel,
    double kappa,
    Inputs trainInputs,
    Targets trainTargets,
    Inputs testInputs) {

  /** Largest P whose P x P kernels fit a Java array; beyond it there is {@link TiledLazySolver}. */
  public static final int MAX_TRAINING_POINTS = 46_340;

  public LazyProblem {
    if (!(kappa >= 0) || Double.isInfinite(kappa)) {
      throw new InvalidProblemException("kappa", kappa, "use a finite number of at least 0");
    }
    int points = trainInputs.rows();
    if (points < 1) {
      throw new InvalidProblemException("training points", points, "give at least one");
    }
    if (trainTargets.rows() != points) {
      throw new InvalidProblemException(
          "training targets", trainTargets.rows() + " rows", "give one per input, " + points);
    }
    network.convolutions().ifPresent(layers -> layers.maps(trainInputs.shape()));
    if (testInputs.dimension() != trainInputs.dimension()) {
      throw new InvalidProblemException(
          "test inputs",
          testInputs.dimension() + " columns",
          "give as many as the training inputs have, " + trainInputs.dimension());
    }
  }

  /** A problem without test points. */
  public static LazyProblem of(
      NetworkSpec network, KernelKind kernel, double kappa, Inputs inputs, Targets targets) {
    Inputs none = inputs.none();
    return new LazyProblem(network, kernel, kappa, inputs, targets, none);
  }

  /** The same with test points. */
  public LazyProblem withTestInputs(Inputs inputs) {
    return new LazyProblem(network, kernel, kappa, trainInputs, trainTargets, inputs);
  }
}
