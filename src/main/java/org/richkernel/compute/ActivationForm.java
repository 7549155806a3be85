package org.richkernel.compute;

/** Definition of an {@link Activation} with its traits, its float loops and its closed forms. */
abstract class ActivationForm {
  abstract double value(double h);

  abstract double derivative(double h);

  abstract double curvature(double h);

  abstract void values(float[] h, int n);

  abstract void valuesAndSlopes(float[] h, float[] slope, int n);

  abstract void smoothed(float[] h, float[] s, float[] first, float[] second, int n);

  /** Without a kink the pull does not matter. */
  void sliding(float[] h, float[] reach, float[] slope, int n) {
    valuesAndSlopes(h, slope, n);
  }

  boolean isBounded() {
    return false;
  }

  boolean isOdd() {
    return false;
  }

  boolean hasKink() {
    return false;
  }

  boolean isHomogeneous() {
    return false;
  }

  boolean hasClosedDual() {
    return false;
  }

  void dual(double a, double[] b, double[] covariance, double[] slope, int n) {
    throw noClosedForm();
  }

  double secondMoment(double variance) {
    throw noClosedForm();
  }

  double slopeMoment(double variance) {
    throw noClosedForm();
  }

  double momentGrowth(double variance) {
    throw noClosedForm();
  }

  double parameter() {
    return 0;
  }

  private static UnsupportedOperationException noClosedForm() {
    return new UnsupportedOperationException("there is no closed form");
  }
}
