package org.richkernel.compute;

import org.apache.commons.math3.special.Erf;

/** An elementwise nonlinearity phi of a network; the facade applies it to whole matrices. */
public enum Activation {
  /** max(h, 0). */
  RELU,
  /** tanh(h). */
  TANH,
  /** erf(h), not erf(h / sqrt 2). */
  ERF,
  /** h. */
  LINEAR;

  private static final double TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

  /** phi(h) in double precision: the definition that every backend is tested against. */
  public double value(double h) {
    return switch (this) {
      case RELU -> Math.max(h, 0);
      case TANH -> Math.tanh(h);
      case ERF -> Double.isNaN(h) ? h : erf(h);
      case LINEAR -> h;
    };
  }

  /** phi'(h); for ReLU 1 where h &gt; 0 and 0 elsewhere. */
  public double derivative(double h) {
    return switch (this) {
      case RELU -> h > 0 ? 1 : 0;
      case TANH -> {
        double t = Math.tanh(h);
        yield 1 - t * t;
      }
      case ERF -> TWO_OVER_SQRT_PI * Math.exp(-h * h);
      case LINEAR -> 1;
    };
  }

  /** phi''(h); 0 for ReLU, whose kink it leaves out. */
  public double curvature(double h) {
    return switch (this) {
      case RELU, LINEAR -> 0;
      case TANH -> -2 * Math.tanh(h) * derivative(h);
      case ERF -> -2 * h * derivative(h);
    };
  }

  /** Whether |phi| has an upper bound. */
  public boolean isBounded() {
    return this == TANH || this == ERF;
  }

  /**
   * erf by its Maclaurin series where |h| &lt; 5/4: there Commons Math keeps only 14 to 15 digits.
   */
  private static double erf(double h) {
    if (Math.abs(h) >= 1.25) {
      return Erf.erf(h);
    }
    double power = 1;
    double sum = 1;
    for (int n = 1; n <= 24; n++) {
      power *= -h * h / n;
      sum += power / (2 * n + 1);
    }
    return TWO_OVER_SQRT_PI * h * sum;
  }

  /** The name used on the command line and in result files. */
  public String id() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
