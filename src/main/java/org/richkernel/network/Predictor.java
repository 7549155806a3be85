package org.richkernel.network;

import org.richkernel.compute.Backend;

/** A fitted function of the inputs. */
public interface Predictor {
  /**
   * Predictions at new inputs.
   *
   * @param inputs rows x D, standardized as the training inputs were
   * @return rows x K, row-major
   * @throws InvalidProblemException if the dimension of the inputs is not that of the training
   *     inputs
   */
  double[] predict(Backend backend, Inputs inputs);
}
