package org.richkernel.network;

import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;

/** A fitted function of the inputs. */
public interface Predictor {
  /**
   * What {@link #predict} will hold at once: matrices, and what it makes on the Java heap.
   *
   * @param inputs as for {@link #predict}
   * @throws InvalidProblemException as {@link #predict} throws it
   */
  MemoryPlan plan(Backend backend, Inputs inputs);

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
