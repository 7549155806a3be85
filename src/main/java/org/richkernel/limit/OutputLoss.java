package org.richkernel.limit;

/** Loss of one point as a function of the outputs of a network. */
@FunctionalInterface
public interface OutputLoss {
  /** sum_k (f_k - y_k)^2 / 2. */
  OutputLoss SQUARED =
      (outputs, targets, derivative) -> {
        double sum = 0;
        for (int k = 0; k < outputs.length; k++) {
          derivative[k] = outputs[k] - targets[k];
          sum += derivative[k] * derivative[k] / 2;
        }
        return sum;
      };

  /** -sum_k y_k ln softmax(f)_k for targets y that are probabilities. */
  OutputLoss CROSS_ENTROPY =
      (outputs, targets, derivative) -> {
        double largest = Double.NEGATIVE_INFINITY;
        for (double f : outputs) {
          largest = Math.max(largest, f);
        }
        double sum = 0;
        for (double f : outputs) {
          sum += Math.exp(f - largest);
        }
        double logSum = largest + Math.log(sum);
        double loss = 0;
        for (int k = 0; k < outputs.length; k++) {
          derivative[k] = Math.exp(outputs[k] - logSum) - targets[k];
          loss += targets[k] == 0 ? 0 : targets[k] * (logSum - outputs[k]);
        }
        return loss;
      };

  /**
   * The loss of a point.
   *
   * @param outputs f, K
   * @param targets y, K
   * @param derivative receives dLoss/df, K
   */
  double of(double[] outputs, double[] targets, double[] derivative);

  /**
   * Mean loss over points.
   *
   * @param outputs points x K
   * @param targets points x K
   * @param count K
   * @param derivative receives the derivative of the mean, chi, points x K
   */
  default double mean(double[] outputs, double[] targets, int count, double[] derivative) {
    int points = outputs.length / count;
    double[] f = new double[count];
    double[] y = new double[count];
    double[] pull = new double[count];
    double sum = 0;
    for (int p = 0; p < points; p++) {
      System.arraycopy(outputs, p * count, f, 0, count);
      System.arraycopy(targets, p * count, y, 0, count);
      sum += of(f, y, pull);
      for (int k = 0; k < count; k++) {
        derivative[p * count + k] = pull[k] / points;
      }
    }
    return sum / points;
  }
}
