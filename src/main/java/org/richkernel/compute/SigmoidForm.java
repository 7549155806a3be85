package org.richkernel.compute;

/** 1 / (1 + exp(-h)). */
final class SigmoidForm extends ActivationForm {
  @Override
  double value(double h) {
    // exp of a negative number only, so that small values keep their digits
    double e = Math.exp(-Math.abs(h));
    return (h > 0 ? 1 : e) / (1 + e);
  }

  @Override
  double derivative(double h) {
    double e = Math.exp(-Math.abs(h));
    return e / ((1 + e) * (1 + e));
  }

  @Override
  double curvature(double h) {
    return derivative(h) * (1 - 2 * value(h));
  }

  @Override
  boolean isBounded() {
    return true;
  }

  @Override
  void values(float[] h, int n) {
    for (int i = 0; i < n; i++) {
      h[i] = ActivationLoops.sigmoid(h[i]);
    }
  }

  @Override
  void valuesAndSlopes(float[] h, float[] slope, int n) {
    for (int i = 0; i < n; i++) {
      h[i] = ActivationLoops.sigmoid(h[i]);
      slope[i] = h[i] * (1f - h[i]);
    }
  }

  @Override
  void smoothed(float[] h, float[] s, float[] shifted, float[] sum, int n) {
    NormalAverage.of(this, h, s, shifted, sum, n);
  }
}
