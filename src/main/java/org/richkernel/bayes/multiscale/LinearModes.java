package org.richkernel.bayes.multiscale;

import org.richkernel.bayes.KernelModes;
import org.richkernel.compute.Backend;
import org.richkernel.network.InvalidProblemException;

/**
 * A linear network with one hidden layer of width N on P points, in the eigenbasis of its kernel: C
 * = U diag(lambda) U^T and z = U^T y.
 */
final class LinearModes {
  private final KernelModes modes;
  private final int width;
  private final double chi;
  private final double kappa;

  private LinearModes(KernelModes modes, int width, double chi, double kappa) {
    this.modes = modes;
    this.width = width;
    this.chi = chi;
    this.kappa = kappa;
  }

  /**
   * Diagonalizes the kernel.
   *
   * @param c readout kernel at infinite width, P x P, positive semidefinite
   * @param y targets, P
   * @param width N &gt;= 1
   * @param chi scale, positive: 1 standard, N mean field
   * @param kappa noise, positive; that of the outputs is kappa / chi
   */
  static LinearModes of(
      Backend backend, double[] c, double[] y, int width, double chi, double kappa) {
    if (width < 1) {
      throw new InvalidProblemException("width", width, "use at least 1 neuron");
    }
    requireChi(chi);
    return new LinearModes(KernelModes.of(backend, c, y, 1), width, chi, kappa);
  }

  /** The same data at another scale. */
  LinearModes withChi(double other) {
    requireChi(other);
    return new LinearModes(modes, width, other, kappa);
  }

  private static void requireChi(double chi) {
    if (!(chi > 0) || Double.isInfinite(chi)) {
      throw new InvalidProblemException("chi", chi, "use a positive finite number");
    }
  }

  /** P. */
  int points() {
    return modes.points();
  }

  /** lambda_i. */
  double lambda(int i) {
    return modes.lambda(i);
  }

  /** z_i. */
  double z(int i) {
    return modes.target(i, 0);
  }

  /** N. */
  int width() {
    return width;
  }

  /** chi. */
  double chi() {
    return chi;
  }

  /** kappa. */
  double kappa() {
    return kappa;
  }

  /** U x: from coefficients of the modes to the points. */
  double[] toPoints(double[] coefficients) {
    return modes.toPoints(coefficients);
  }

  /**
   * K U: kernel rows in the eigenbasis.
   *
   * @param rows Q x P
   */
  double[] inModes(Backend backend, double[] rows, int count) {
    return modes.inModes(backend, rows, count);
  }

  /**
   * ln p(q | y) up to a constant, as a density over ln q, where q = chi |w|^2 / (g N) is the scale
   * of the readout: Gamma(N/2, rate N/2) a priori, and y | q ~ N(0, (q C + kappa) / chi).
   *
   * @param determinant 1, or 0 without the normalization of y | q
   */
  double logDensity(double q, double determinant) {
    double sum = 0.5 * width * (Math.log(q) - q);
    for (int i = 0; i < points(); i++) {
      double d = q * lambda(i) + kappa;
      sum -= 0.5 * (determinant * Math.log(d) + chi * z(i) * z(i) / d);
    }
    return sum;
  }

  /** 2 d/d ln q of {@link #logDensity}. */
  double slope(double q, double determinant) {
    double sum = width * (1 - q);
    for (int i = 0; i < points(); i++) {
      double d = q * lambda(i) + kappa;
      double share = q * lambda(i) / d;
      sum += share * (chi * z(i) * z(i) / d - determinant);
    }
    return sum;
  }

  /**
   * Largest possible q of a root: beyond it the slope is negative, as q lambda / (q lambda +
   * kappa)^2 is at most 1 / (4 kappa).
   */
  double largestScale() {
    double square = 0;
    for (int i = 0; i < points(); i++) {
      square += z(i) * z(i);
    }
    return 1 + chi * square / (4 * kappa * width);
  }
}
