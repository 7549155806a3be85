package org.richkernel.bayes;

import org.richkernel.compute.Matrix;

/** Takes batches of new images through the layers of a population to their predictions. */
interface ImagePass extends AutoCloseable {
  /** Makes batches, and holds the readout weights. */
  ImageBatches images();

  /**
   * sum += predictions of a batch, by the readout weights that were set.
   *
   * @param fields of all layers side by side, S x width
   * @param draw names the random numbers
   * @param sum (count of the batch) x K, float64
   */
  void addPrediction(ImageBatches.Batch batch, Matrix fields, TestPoints.Draw draw, Matrix sum);

  @Override
  void close();
}
