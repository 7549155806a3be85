package org.richkernel.bayes;

/**
 * Readout of the top layer X of a linear convolutional network, rows in the order of points.
 *
 * @param sites s_L
 * @param average whether the readout acts on means over sites, instead of weights for every site
 */
record LinearReadout(int sites, boolean average) {
  /** Z with K = Z Z^T from X, row-major, P rows. */
  double[] pooled(double[] x, int points) {
    int columns = x.length / points;
    if (!average) {
      double[] z = x.clone();
      for (int i = 0; i < z.length; i++) {
        z[i] /= Math.sqrt(sites);
      }
      return z;
    }
    int r = columns / sites;
    double[] z = new double[points * r];
    for (int i = 0; i < x.length; i++) {
      z[i / columns * r + i % r] += x[i] / sites;
    }
    return z;
  }

  /** The adjoint of {@link #pooled}. */
  double[] spread(double[] z, int points) {
    int r = z.length / points;
    if (!average) {
      return pooled(z, points);
    }
    double[] x = new double[z.length * sites];
    for (int i = 0; i < x.length; i++) {
      x[i] = z[i / (r * sites) * r + i % r] / sites;
    }
    return x;
  }
}
