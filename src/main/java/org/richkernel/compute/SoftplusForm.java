package org.richkernel.compute;

/** ln(1 + exp(h)). */
final class SoftplusForm extends ActivationForm {
  private final SigmoidForm sigmoid = new SigmoidForm();

  @Override
  double value(double h) {
    return Math.max(h, 0) + Math.log1p(Math.exp(-Math.abs(h)));
  }

  @Override
  double derivative(double h) {
    return sigmoid.value(h);
  }

  @Override
  double curvature(double h) {
    return sigmoid.derivative(h);
  }

  @Override
  void values(float[] h, int n) {
    for (int i = 0; i < n; i++) {
      h[i] = ActivationLoops.softplus(h[i]);
    }
  }

  @Override
  void valuesAndSlopes(float[] h, float[] slope, int n) {
    for (int i = 0; i < n; i++) {
      slope[i] = ActivationLoops.sigmoid(h[i]);
      h[i] = ActivationLoops.softplus(h[i]);
    }
  }

  @Override
  void smoothed(float[] h, float[] s, float[] shifted, float[] sum, int n) {
    NormalAverage.of(this, h, s, shifted, sum, n);
  }
}
