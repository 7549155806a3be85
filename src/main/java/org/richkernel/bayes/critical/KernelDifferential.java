package org.richkernel.bayes.critical;

import org.richkernel.compute.Activation;

/**
 * The map from the covariance C of Gaussian preactivations to E[phi phi^T] among P points, with its
 * differential J and the adjoint J*.
 *
 * <p>With the F(a, c, b) of {@link PairMoments}:
 *
 * <pre>  J[D]_ij = dF/dc D_ij + dF/da D_ii + dF/db D_jj   (i != j),
 *   J[D]_ii = E[phi'^2 + phi phi''] D_ii.</pre>
 *
 * <p>Arrays are row-major P x P and symmetric.
 */
final class KernelDifferential {
  private final int points;
  private final double[] value; // E phi phi^T
  private final double[] slope; // E phi' phi'^T
  private final double[] rowCurvature; // entry (i, j): dF/dC_ii at i != j; diagonal unused
  private final double[] growth; // d E phi_i^2 / d C_ii
  private final double[] gain; // E phi'_i

  private KernelDifferential(
      int points,
      double[] value,
      double[] slope,
      double[] rowCurvature,
      double[] growth,
      double[] gain) {
    this.points = points;
    this.value = value;
    this.slope = slope;
    this.rowCurvature = rowCurvature;
    this.growth = growth;
    this.gain = gain;
  }

  /** The map at a covariance. */
  static KernelDifferential of(Activation activation, double[] covariance, int points) {
    PairMoments pairs = PairMoments.of(activation, variances(covariance, points));
    KernelDifferential map =
        new KernelDifferential(
            points,
            new double[points * points],
            new double[points * points],
            new double[points * points],
            new double[points],
            new double[points]);
    for (int i = 0; i < points; i++) {
      map.value[i * points + i] = pairs.ownValue(i);
      map.slope[i * points + i] = pairs.ownSlope(i);
      map.growth[i] = pairs.ownGrowth(i);
      map.gain[i] = pairs.gain(i);
      for (int j = 0; j < points; j++) {
        if (j != i) {
          pairs.evaluate(i, j, covariance[i * points + j]);
          map.value[i * points + j] = pairs.value();
          map.slope[i * points + j] = pairs.slope();
          map.rowCurvature[i * points + j] = pairs.rowCurvature();
        }
      }
    }
    return map;
  }

  /** The diagonal of a covariance, clipped at 0. */
  static double[] variances(double[] covariance, int points) {
    double[] variances = new double[points];
    for (int i = 0; i < points; i++) {
      variances[i] = Math.max(0, covariance[i * points + i]);
    }
    return variances;
  }

  /** E[phi phi^T]; not a copy. */
  double[] value() {
    return value;
  }

  /** E[phi' phi'^T]; not a copy. */
  double[] slope() {
    return slope;
  }

  /** E phi' at every point; not a copy. */
  double[] gain() {
    return gain;
  }

  /** J[D], the first-order change of E[phi phi^T] for a change D of the covariance. */
  double[] apply(double[] change) {
    double[] result = new double[points * points];
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        int ij = i * points + j;
        result[ij] =
            i == j
                ? growth[i] * change[ij]
                : slope[ij] * change[ij]
                    + rowCurvature[ij] * change[i * points + i]
                    + rowCurvature[j * points + i] * change[j * points + j];
      }
    }
    return result;
  }

  /** J*[T]: sum_ij T_ij J[D]_ij = sum_ij J*[T]_ij D_ij for symmetric T and D. */
  double[] adjoint(double[] pull) {
    double[] result = new double[points * points];
    for (int i = 0; i < points; i++) {
      double diagonal = growth[i] * pull[i * points + i];
      for (int j = 0; j < points; j++) {
        int ij = i * points + j;
        if (j != i) {
          result[ij] = slope[ij] * pull[ij];
          diagonal += 2 * rowCurvature[ij] * pull[ij];
        }
      }
      result[i * points + i] = diagonal;
    }
    return result;
  }
}
