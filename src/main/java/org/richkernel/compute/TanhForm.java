package org.richkernel.compute;

/** tanh(h). */
final class TanhForm extends ActivationForm {
  @Override
  double value(double h) {
    return Math.tanh(h);
  }

  @Override
  double derivative(double h) {
    double t = Math.tanh(h);
    return 1 - t * t;
  }

  @Override
  double curvature(double h) {
    return -2 * Math.tanh(h) * derivative(h);
  }

  @Override
  boolean isBounded() {
    return true;
  }

  @Override
  boolean isOdd() {
    return true;
  }

  @Override
  void values(float[] h, int n) {
    ActivationLoops.tanh(h, n);
  }

  @Override
  void valuesAndSlopes(float[] h, float[] slope, int n) {
    ActivationLoops.tanh(h, n);
    ActivationLoops.tanhSlope(h, slope, n);
  }

  @Override
  void smoothed(float[] h, float[] s, float[] shifted, float[] sum, int n) {
    NormalAverage.of(this, h, s, shifted, sum, n);
  }
}
