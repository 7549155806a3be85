package org.richkernel.dynamics;

/**
 * Outputs of a state of the neurons on the training points and their rates of change.
 *
 * @param f outputs, row-major P x K
 * @param rate df/dt
 * @param image Phi y, P x K
 * @param imageRate d(Phi y)/dt
 * @param readoutPull Phi Delta - lambda f, which vanishes at a fixed point
 */
@SuppressWarnings("ArrayRecordComponent")
record FlowObservables(
    double[] f, double[] rate, double[] image, double[] imageRate, double[] readoutPull) {

  /**
   * From averages over the neurons.
   *
   * @param f outputs, copied
   * @param byPhi &lt;phi (z, q, dz, dq)&gt;, P x 4K, with q = y . phi
   * @param byChange &lt;dphi (z, q)&gt;, P x 2K
   * @param k number of outputs
   */
  static FlowObservables of(double[] f, double[] byPhi, double[] byChange, int k, double gamma) {
    double[] rate = new double[f.length];
    double[] image = new double[f.length];
    double[] imageRate = new double[f.length];
    double[] readoutPull = new double[f.length];
    for (int j = 0; j < f.length; j++) {
      int phi = j / k * 4 * k + j % k;
      int change = j / k * 2 * k + j % k;
      readoutPull[j] = byPhi[phi + 2 * k] / gamma;
      rate[j] = readoutPull[j] + byChange[change] / gamma;
      image[j] = byPhi[phi + k];
      imageRate[j] = byPhi[phi + 3 * k] + byChange[change + k];
    }
    return new FlowObservables(f.clone(), rate, image, imageRate, readoutPull);
  }
}
