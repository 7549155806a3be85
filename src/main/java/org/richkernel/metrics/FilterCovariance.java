package org.richkernel.metrics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.richkernel.sampling.SampledVector;

/**
 * Covariance over channels of the first layer's filters, n x n for n = kC numbers of a patch,
 * ordered (offset, channel of the image), and its eigenvectors: directions of patches that the
 * channels have learned to see, where an eigenvalue is above 1, and to overlook, where one is
 * below. At initialisation it is the identity.
 *
 * @param covariance row-major
 * @param eigenvalues decreasing
 * @param eigenvalueErrors standard errors to first order, of eigenvalues apart from the others; the
 *     errors of the covariance alone spread eigenvalues that are equal
 * @param eigenvectors unit vectors in rows, the largest entry of each positive
 */
@SuppressWarnings("ArrayRecordComponent")
public record FilterCovariance(
    SampledVector covariance,
    double[] eigenvalues,
    double[] eigenvalueErrors,
    double[] eigenvectors) {

  /**
   * The covariance of filters with its eigenvectors.
   *
   * @param covariance n x n, row-major, symmetric, finite
   */
  public static FilterCovariance of(SampledVector covariance) {
    int n = (int) Math.round(Math.sqrt(covariance.value().length));
    double[][] rows = new double[n][n];
    for (int i = 0; i < n * n; i++) {
      rows[i / n][i % n] = covariance.value()[i];
    }
    EigenDecomposition modes = new EigenDecomposition(new Array2DRowRealMatrix(rows, false));
    double[] values = modes.getRealEigenvalues();
    int[] order =
        IntStream.range(0, n)
            .boxed()
            .sorted(Comparator.comparingDouble(k -> -values[k]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] eigenvalues = new double[n];
    double[] errors = new double[covariance.isExact() ? 0 : n];
    double[] vectors = new double[n * n];
    for (int k = 0; k < n; k++) {
      double[] u = upright(modes.getEigenvector(order[k]).toArray());
      eigenvalues[k] = values[order[k]];
      System.arraycopy(u, 0, vectors, k * n, n);
      if (errors.length > 0) {
        errors[k] = covariance.productError(outer(u));
      }
    }
    return new FilterCovariance(covariance, eigenvalues, errors, vectors);
  }

  /** The same numbers without errors. */
  public FilterCovariance withoutErrors() {
    return new FilterCovariance(
        SampledVector.exact(covariance.value()), eigenvalues, new double[0], eigenvectors);
  }

  /** n = kC. */
  public int size() {
    return eigenvalues.length;
  }

  private static double[] upright(double[] u) {
    int largest = 0;
    for (int i = 1; i < u.length; i++) {
      largest = Math.abs(u[i]) > Math.abs(u[largest]) ? i : largest;
    }
    double sign = u[largest] < 0 ? -1 : 1;
    return IntStream.range(0, u.length).mapToDouble(i -> sign * u[i]).toArray();
  }

  private static double[] outer(double[] u) {
    int n = u.length;
    return IntStream.range(0, n * n).mapToDouble(i -> u[i / n] * u[i % n]).toArray();
  }

  /**
   * A full covariance from samples within a subspace; outside of it filters follow their prior.
   *
   * @param lower lower triangle by rows of V C V^T, n x n
   * @param basis V, n x r, row-major: the rows of patches of orthonormal columns
   */
  public static FilterCovariance within(SampledVector lower, double[] basis, int n) {
    int r = basis.length / n;
    double[] whole = whole(lower.value(), n);
    for (int i = 0; i < n * n; i++) {
      double inside = 0;
      for (int k = 0; k < r; k++) {
        inside += basis[i / n * r + k] * basis[i % n * r + k];
      }
      whole[i] += (i / n == i % n ? 1 : 0) - inside;
    }
    List<double[]> deviations = new ArrayList<>();
    lower.deviations().forEach(d -> deviations.add(whole(d, n)));
    return of(new SampledVector(whole, deviations, lower.degreesOfFreedom()));
  }

  private static double[] whole(double[] lower, int n) {
    double[] all = new double[n * n];
    int at = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++, at++) {
        all[i * n + j] = lower[at];
        all[j * n + i] = lower[at];
      }
    }
    return all;
  }
}
