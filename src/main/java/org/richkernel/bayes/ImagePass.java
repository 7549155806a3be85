package org.richkernel.bayes;

import org.richkernel.compute.Matrix;

/** Predictions of batches of new images by a pass through the layers of a population. */
interface ImagePass extends AutoCloseable {
  /** Batches and readout weights. */
  ImageBatches images();

  /**
   * sum += predictions of a batch with the present readout weights.
   *
   * @param fields of all layers side by side, S x width
   * @param draw selects the random numbers
   * @param sum (count of the batch) x K, float64
   */
  void addPrediction(ImageBatches.Batch batch, Matrix fields, TestPoints.Draw draw, Matrix sum);

  @Override
  void close();
}
