package org.richkernel.lazy;

import java.util.stream.IntStream;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Workspace;

/**
 * Expectations in closed form: arc-cosine kernels for ReLU (Cho and Saul 2009), arc-sine for erf
 * (Williams 1997), and the others that {@link Activation#dual} has.
 */
final class ClosedFormDual extends VarianceDual {
  private final Activation activation;

  ClosedFormDual(Activation activation, int layers) {
    super(IntStream.rangeClosed(1, layers).toArray());
    this.activation = activation;
  }

  @Override
  void apply(
      Backend backend,
      Workspace workspace,
      Matrix rowVariance,
      Matrix columnVariance,
      Matrix covariance,
      Matrix slope) {
    backend.dualActivation(activation, covariance, rowVariance, columnVariance, covariance, slope);
  }
}
