package org.richkernel.limit.fewshot;

/** Classes of a task's images, ordered class by class. */
final class Labels {
  private Labels() {}

  /** One-hot targets, images x classes. */
  static double[] oneHot(int images, int classes) {
    double[] targets = new double[images * classes];
    for (int i = 0; i < images; i++) {
      targets[i * classes + i * classes / images] = 1;
    }
    return targets;
  }

  /**
   * Fraction of images whose own class has the largest output; a tie counts as wrong, NaN gives
   * NaN.
   */
  static double accuracy(double[] outputs, int images, int classes) {
    int right = 0;
    for (double output : outputs) {
      if (!Double.isFinite(output)) {
        return Double.NaN;
      }
    }
    for (int i = 0; i < images; i++) {
      int own = i * classes / images;
      boolean largest = true;
      for (int k = 0; k < classes; k++) {
        largest &= k == own || outputs[i * classes + own] > outputs[i * classes + k];
      }
      right += largest ? 1 : 0;
    }
    return right / (double) images;
  }
}
