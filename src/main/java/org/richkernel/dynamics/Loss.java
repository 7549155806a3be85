package org.richkernel.dynamics;

/** How the squared errors of the training points are put together. */
public enum Loss {
  /** 1/2 sum_mu (y_mu - f_mu)^2. */
  SUM,
  /** 1/(2 P) sum_mu (y_mu - f_mu)^2. */
  MEAN;

  /** What an error y - f is multiplied by to become the pull Delta on its point. */
  double pull(int points) {
    return this == SUM ? 1 : 1.0 / points;
  }
}
