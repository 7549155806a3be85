package org.richkernel.stack;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;

/**
 * The linear map F from the kernel of a layer to the covariance of the layer above without biases:
 * the identity between dense layers, an average over pairs of offsets between convolutional ones.
 */
public interface KernelMap {
  /** target = F kernel, both float64. */
  void apply(Matrix kernel, Matrix target);

  /**
   * F* of a derivative with respect to the covariance: the derivative with respect to the kernel,
   * &lt;F M, B&gt; = &lt;M, F* B&gt;.
   *
   * @param derivative float64, symmetric
   * @return float64; may be the argument
   */
  Matrix pull(Matrix derivative);

  /** Dense layers: F is the identity. */
  record Same(Backend backend) implements KernelMap {
    @Override
    public void apply(Matrix kernel, Matrix target) {
      backend.copy(kernel, target);
    }

    @Override
    public Matrix pull(Matrix derivative) {
      return derivative;
    }
  }

  /**
   * Convolutional layers, (F M)_{aa'} = (1/k) sum_d M_{a+d,a'+d} with padding counted as zeros.
   *
   * @param inputs {@link ConvolutionShape#inputTable}, float32
   * @param outputs {@link ConvolutionShape#outputTable}, float32
   * @param pulled receives F* of a derivative, n x n for n = P (sites below), float64
   */
  record OfSites(Backend backend, Matrix inputs, Matrix outputs, Matrix pulled)
      implements KernelMap {
    @Override
    public void apply(Matrix kernel, Matrix target) {
      backend.averagePatches(1.0 / inputs.columns(), inputs, inputs, kernel, target);
    }

    @Override
    public Matrix pull(Matrix derivative) {
      backend.averagePatches(1.0 / outputs.columns(), outputs, outputs, derivative, pulled);
      return pulled;
    }
  }
}
