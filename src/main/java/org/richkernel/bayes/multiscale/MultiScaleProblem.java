package org.richkernel.bayes.multiscale;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Precision;
import org.richkernel.lazy.KernelRounding;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

/**
 * A network with one hidden layer of finite width and a data set with one output.
 *
 * @param network activation and prior variances
 * @param width N
 * @param kappa noise, positive; that of the outputs is kappa / chi
 * @param inputs P x D
 * @param targets P x 1
 * @param testInputs Q x D, zero rows for none
 */
public record MultiScaleProblem(
    NetworkSpec network,
    int width,
    double kappa,
    Inputs inputs,
    Targets targets,
    Inputs testInputs) {
  /**
   * @throws InvalidProblemException if the network has several hidden layers or outputs, width or
   *     kappa is not positive, or rows do not agree
   * @throws org.richkernel.network.UnresolvedKernelException if rounding of the kernel is not small
   *     against kappa
   */
  public MultiScaleProblem {
    if (network.hiddenLayers() != 1) {
      throw new InvalidProblemException(
          "hidden-layers",
          network.hiddenLayers(),
          "tree level and one loop at finite width need 1; deeper networks have --order map");
    }
    if (width < 1) {
      throw new InvalidProblemException("width", width, "use at least 1 neuron");
    }
    if (!(kappa > 0) || Double.isInfinite(kappa)) {
      throw new InvalidProblemException("beta", 1 / kappa, "use a positive finite number");
    }
    if (targets.outputs() != 1) {
      throw new InvalidProblemException(
          "one-hot",
          targets.outputs() + " outputs",
          "tree level and one loop at finite width need one; keep two classes with --classes");
    }
    if (inputs.rows() != targets.rows()) {
      throw new InvalidProblemException(
          "train-y", targets.rows() + " rows", "give one per training input, " + inputs.rows());
    }
    KernelRounding.requireResolved(
        network,
        inputs,
        network.activation().equals(Activation.LINEAR) ? Precision.FLOAT64 : Precision.FLOAT32,
        kappa);
  }

  /** P. */
  int points() {
    return inputs.rows();
  }

  /** g, the variance of the readout weights. */
  double readoutVariance() {
    return network.weightVariance(1);
  }
}
