package org.richkernel.bayes;

import java.util.List;
import org.richkernel.compute.Matrix;

/** A posterior that holds no P x P kernel, but applies the kernels of populations to vectors. */
interface KernelProducts {
  /**
   * Applies the kernel of fields on the host to some vectors: sums_i += weight g Phi u_i.
   *
   * @param fields row-major, of one of the planned numbers of samples
   * @param vectors u_i, row-major P x K each
   * @param sums one for each vector, P x K each
   */
  void addKernelProducts(
      double weight, float[] fields, List<double[]> vectors, List<double[]> sums);

  /** Computes the activations of fields on the host, row-major. */
  void holdFields(float[] fields);

  /**
   * Rows of the kernel of a layer of the fields that were held last: target = scale S g_l Phi^l.
   *
   * @param layer l = 1 to L
   * @param first row of the target
   * @param target (number of rows) x P, float32
   * @throws IllegalStateException if the points are not all on one device
   */
  void kernelRows(double scale, int layer, int first, Matrix target);
}
