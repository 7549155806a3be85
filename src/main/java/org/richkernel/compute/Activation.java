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
      case ERF -> Double.isNaN(h) ? h : Erf.erf(h);
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

  /** The name used on the command line and in result files. */
  public String id() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
