package org.richkernel.dynamics;

/** Loss of gradient descent: sum or mean of the squared errors of the training points. */
public enum Loss {
  /** 1/2 sum_mu |y_mu - f_mu|^2 over the points of the batch. */
  SUM,
  /** 1/(2 B) sum_mu |y_mu - f_mu|^2 over the B points of the batch. */
  MEAN;

  /**
   * Factor of the error y - f in the pull Delta on its point.
   *
   * @param batch B, points that drive a step
   */
  public double pull(int batch) {
    return this == SUM ? 1 : 1.0 / batch;
  }
}
