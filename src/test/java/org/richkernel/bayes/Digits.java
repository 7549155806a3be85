package org.richkernel.bayes;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.NetworkSpec;

/** The reference digits 0 and 1, factorized for a network with one hidden layer. */
final class Digits {
  private Digits() {}

  static double[] y(int points) {
    return ReferenceDigits.trainTargets(points).toArray();
  }

  static InputFactor factor(Backend backend, int points) {
    return InputFactor.of(
        backend,
        NetworkSpec.of(1, Activation.RELU),
        ReferenceDigits.trainInputs(points).toArray(),
        points,
        ReferenceDigits.DIMENSION);
  }

  static InputFactor.Coordinates testPoints(Backend backend, InputFactor input) {
    return input.coordinates(backend, ReferenceDigits.testInputs().toArray(), 100);
  }

  static double[] testTargets() {
    return ReferenceDigits.testTargets().toArray();
  }
}
