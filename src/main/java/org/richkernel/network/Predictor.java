package org.richkernel.network;

import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;

/** A fitted function of the inputs, from rows x D to rows x K. */
public interface Predictor {
  /**
   * Peak memory of {@link #predict} or {@link #predictParts}: matrices and arrays on the Java heap.
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

  /**
   * Independent estimates whose mean is the prediction; their scatter gives its Monte Carlo error.
   * The prediction alone if it has no such error or the error is unknown.
   *
   * @param inputs as for {@link #predict}
   * @return each rows x K, row-major
   */
  default List<double[]> predictParts(Backend backend, Inputs inputs) {
    return List.of(predict(backend, inputs));
  }
}
