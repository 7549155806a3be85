package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Workspace;

/**
 * Weights between hidden layers with independent forward and backward Gaussian fields: A = B = 0.
 */
final class IndependentWeights extends HiddenWeights {
  private final Backend backend;

  /** Arguments as for {@link HiddenWeights}. */
  IndependentWeights(
      Backend backend,
      DynamicsOptions options,
      CausalOptions causal,
      Workspace memory,
      int layer,
      PatchMap map,
      Matrix failures,
      long firstSample,
      int samples) {
    super(backend, options, causal, memory, layer, map, failures, firstSample, samples);
    this.backend = backend;
  }

  @Override
  void forwardResponse(FieldHistory past, Matrix phi, Matrix c) {
    backend.fill(0, c);
  }

  @Override
  void backwardResponse(FieldHistory past, Matrix g, Matrix c) {
    backend.fill(0, c);
  }

  @Override
  void addExtraResponse(FieldHistory past, double decay, Matrix phi, Matrix g, Matrix z) {
    // nothing responds
  }
}
