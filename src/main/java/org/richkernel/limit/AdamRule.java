package org.richkernel.limit;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;

/**
 * Adam with its usual constants (Kingma and Ba, arXiv:1412.6980, algorithm 1). Its direction is
 * computed on the host: the facade has no elementwise root, and products with a few points take no
 * longer than a pass over the weights.
 */
final class AdamRule implements UpdateRule {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;

  private final double rate;
  private final double epsilon;
  private final Matrix direction;
  private final double[] gradient;
  private final double[] first;
  private final double[] second;
  private int steps;

  /**
   * @param direction matrix of the weights' shape
   */
  AdamRule(double rate, double epsilon, Matrix direction) {
    this.rate = rate;
    this.epsilon = epsilon;
    this.direction = direction;
    int size = Math.toIntExact(direction.size());
    gradient = new double[size];
    first = new double[size];
    second = new double[size];
  }

  @Override
  public void apply(Backend backend, Matrix gradientMatrix, Matrix weights) {
    backend.download(gradientMatrix, gradient);
    steps++;
    double bias1 = 1 - Math.pow(BETA1, steps);
    double bias2 = 1 - Math.pow(BETA2, steps);
    for (int i = 0; i < gradient.length; i++) {
      double g = gradient[i];
      first[i] = BETA1 * first[i] + (1 - BETA1) * g;
      second[i] = BETA2 * second[i] + (1 - BETA2) * g * g;
      // (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
      gradient[i] = first[i] / bias1 / (Math.sqrt(second[i] / bias2) + epsilon);
    }
    backend.upload(gradient, direction);
    backend.axpy(-rate, direction, weights);
  }
}
