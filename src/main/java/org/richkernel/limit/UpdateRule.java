package org.richkernel.limit;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;

/** The optimizer of one tensor, with its state. */
interface UpdateRule {
  /** Updates the weights by a gradient, which may be overwritten. */
  void apply(Backend backend, Matrix gradient, Matrix weights);

  /**
   * The rule of one tensor.
   *
   * @param rate eta n^{-c}
   * @param epsilon Adam's, scaled
   * @param state matrix of zeros in the weights' shape, owned by the rule
   */
  static UpdateRule of(
      Optimizer optimizer, double rate, ScalingOptions options, double epsilon, Matrix state) {
    return switch (optimizer) {
      case SGD -> (backend, gradient, weights) -> backend.axpy(-rate, gradient, weights);
      case MOMENTUM ->
          (backend, gradient, weights) -> {
            backend.scale(options.momentum(), state);
            backend.axpy(1, gradient, state);
            backend.axpy(-rate, state, weights);
          };
      case ADAM -> new AdamRule(rate, epsilon, state);
    };
  }
}
