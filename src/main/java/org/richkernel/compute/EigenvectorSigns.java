package org.richkernel.compute;

import java.util.Arrays;

/**
 * The sign of eigenvectors, which {@link Backend#eigenSymmetric} leaves to its library: a vector
 * counts as positive where its entry of largest magnitude is. Code that draws samples in the
 * directions of eigenvectors multiplies them by the sign, so that a seed gives the same samples on
 * every backend.
 *
 * <p>Eigenvectors of equal eigenvalues keep their rotation, which is arbitrary.
 */
public final class EigenvectorSigns {
  /** Magnitudes that differ by less are equal, and the first of them counts. */
  private static final double TIE = 1e-6;

  private EigenvectorSigns() {}

  /**
   * The signs of all columns, 1 or -1.
   *
   * @param vectors row-major n x columns, one vector in each column
   */
  public static double[] of(double[] vectors, int columns) {
    double[] largest = new double[columns];
    for (int i = 0; i < vectors.length; i++) {
      int k = i % columns;
      if (Math.abs(vectors[i]) > Math.abs(largest[k]) * (1 + TIE)) {
        largest[k] = vectors[i];
      }
    }
    return Arrays.stream(largest).map(entry -> entry < 0 ? -1 : 1).toArray();
  }
}
