package org.richkernel.lazy;

import org.apache.commons.math3.random.Well19937c;
import org.richkernel.network.Inputs;

/** Gaussian inputs with a fixed seed. */
final class RandomInputs {
  private RandomInputs() {}

  static Inputs of(int rows, int dimension, int seed) {
    Well19937c random = new Well19937c(seed);
    double[] values = new double[rows * dimension];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian();
    }
    return Inputs.of(values, rows, dimension);
  }
}
