package org.richkernel.compute;

/** A matrix that theory says is positive definite is not, beyond rounding. */
public final class NotPositiveDefiniteException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Advice for a factorization that does not know the origin of its matrix. */
  public static final String SCALE_INPUTS =
      "scale the inputs to order 1, and look for rows that occur twice";

  private final String matrix;
  private final double smallestEigenvalue;

  /**
   * @param matrix which matrix, with its shape
   * @param smallestEigenvalue its smallest eigenvalue, NaN where it was not computed
   * @param mend advice for the user
   */
  public NotPositiveDefiniteException(String matrix, double smallestEigenvalue, String mend) {
    super(
        matrix
            + " is not positive definite"
            + (Double.isNaN(smallestEigenvalue)
                ? ""
                : String.format(
                    java.util.Locale.ROOT, " (smallest eigenvalue %.4g)", smallestEigenvalue))
            + "; "
            + mend);
    this.matrix = matrix;
    this.smallestEigenvalue = smallestEigenvalue;
  }

  /** Which matrix, with its shape. */
  public String matrix() {
    return matrix;
  }

  /** The smallest eigenvalue, NaN where it was not computed. */
  public double smallestEigenvalue() {
    return smallestEigenvalue;
  }
}
