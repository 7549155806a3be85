package org.richkernel.network;

import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;

/** A fitted function of the inputs. */
public interface Predictor {
  /**
   * What {@link #predict} or {@link #predictParts} will hold at once: matrices, and what it makes
   * on the Java heap.
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
   * Predictions of independent estimates whose mean is the prediction, so that their scatter gives
   * its Monte Carlo error; the prediction alone where it has none, or none that is known.
   *
   * @param inputs as for {@link #predict}
   * @return each rows x K, row-major
   */
  default List<double[]> predictParts(Backend backend, Inputs inputs) {
    return List.of(predict(backend, inputs));
  }
}
