package org.richkernel.compute;

/**
 * Error bounds of the operations, in units of the rounding error of the precision times the scale
 * of what was added up.
 */
enum Tolerance {
  /** A few roundings in a row. */
  ELEMENTWISE(4),
  /** tanh and erf: rational forms in float32 with an error of 3.4e-7. */
  ACTIVATION(6),
  /** Derivatives: 1 - tanh^2 has twice the error of tanh. */
  SLOPE(12),
  /**
   * Sums of n products: the roundings are independent, so the error grows as sqrt(n) times the sum
   * of magnitudes; the certain bound has n instead.
   */
  PRODUCT(2),
  /** Factorizations and solves of matrices with condition numbers below 100, times sqrt(n). */
  FACTORIZATION(100);

  private final double units;

  Tolerance(double units) {
    this.units = units;
  }

  /** Bound for results of size {@code scale}. */
  double of(Precision precision, double scale) {
    double rounding = precision == Precision.FLOAT32 ? 0x1p-24 : 0x1p-53;
    return units * rounding * scale;
  }

  /** Bound for sums of n terms whose magnitudes add up to {@code scale}. */
  double ofSum(Precision precision, int n, double scale) {
    return of(precision, Math.max(1, scale) * Math.sqrt(Math.max(1, n)));
  }

  /**
   * Bound for the elements of A B + beta C, |beta| up to 4: the largest sum of magnitudes counts.
   */
  static double ofProduct(Precision precision, Host a, Host b, Host c) {
    double scale = a.magnitudes().times(b.magnitudes()).largest() + 4 * c.largest();
    return PRODUCT.ofSum(precision, a.columns, scale);
  }
}
