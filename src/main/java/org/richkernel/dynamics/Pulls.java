package org.richkernel.dynamics;

import java.util.Arrays;

/**
 * The errors Delta (P x K) of a step as a strength and a direction for each point, Delta_mu =
 * strength_mu c_mu: backward fields are propagated along the direction only, so K outputs cost as
 * much as one. With one output c = 1; with several |c| = 1, and points that do not drive have c =
 * (1, .., 1) / sqrt(K).
 *
 * @param strength |Delta_mu| of the driving points, B numbers
 * @param directions row-major M x K, driving points first
 */
@SuppressWarnings("ArrayRecordComponent")
record Pulls(double[] strength, double[] directions) {

  /**
   * Pulls of one step.
   *
   * @param delta row-major P x K
   * @param order points, driving ones first
   * @param driving number of driving points
   */
  static Pulls of(double[] delta, int outputs, int[] order, int driving) {
    double[] strength = new double[driving];
    double[] directions = new double[order.length * outputs];
    Arrays.fill(directions, 1 / Math.sqrt(outputs));
    for (int i = 0; i < driving; i++) {
      int from = order[i] * outputs;
      if (outputs == 1) {
        strength[i] = delta[from];
        continue;
      }
      double square = 0;
      for (int k = 0; k < outputs; k++) {
        square += delta[from + k] * delta[from + k];
      }
      strength[i] = Math.sqrt(square);
      for (int k = 0; k < outputs && square > 0; k++) {
        directions[i * outputs + k] = delta[from + k] / strength[i];
      }
    }
    return new Pulls(strength, directions);
  }
}
