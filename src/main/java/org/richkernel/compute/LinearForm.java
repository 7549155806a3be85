package org.richkernel.compute;

import java.util.Arrays;

/** h. */
final class LinearForm extends ActivationForm {
  @Override
  double value(double h) {
    return h;
  }

  @Override
  double derivative(double h) {
    return 1;
  }

  @Override
  double curvature(double h) {
    return 0;
  }

  @Override
  boolean isOdd() {
    return true;
  }

  @Override
  boolean isHomogeneous() {
    return true;
  }

  @Override
  void values(float[] h, int n) {}

  @Override
  void valuesAndSlopes(float[] h, float[] slope, int n) {
    Arrays.fill(slope, 0, n, 1f);
  }

  /** The mean of h + s z is h. */
  @Override
  void smoothed(float[] h, float[] s, float[] first, float[] second, int n) {}

  @Override
  boolean hasClosedDual() {
    return true;
  }

  @Override
  void dual(double a, double[] b, double[] cov, double[] slope, int n) {
    Arrays.fill(slope, 0, n, 1.0);
  }

  @Override
  double secondMoment(double variance) {
    return variance;
  }

  @Override
  double slopeMoment(double variance) {
    return 1;
  }

  @Override
  double momentGrowth(double variance) {
    return 1;
  }
}
