package org.richkernel.stack;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * The readout weights of S samples as ridge regression: with G = phi phi^T (S x S), b = phi Y (S x
 * K) and
 *
 * <pre>  M = G + lambda I,   lambda = S kappa / g,   w = M^{-1} b,</pre>
 *
 * the push-through identity gives (g Phi + kappa)^{-1} Y = (Y - phi^T w) / kappa and phi (g Phi +
 * kappa)^{-1} = (S / g) M^{-1} phi, so that nothing of size P x P is needed.
 */
public final class SampleReadout {
  static final String WEIGHTS = "readout weights, single";
  static final String INVERSE = "inverse, single";

  private final Backend backend;
  private final Matrix gram; // G
  private final Matrix cholesky; // factor of M
  private final Matrix inverse; // M^{-1}, if requested
  private final Matrix inverseSingle;
  private final Matrix image; // b
  private final Matrix weights; // w
  private final Matrix weightsSingle;
  private final Matrix unit;

  /**
   * @param memory with the matrices of {@link #plan}
   * @param samples S
   */
  public SampleReadout(Backend backend, Workspace memory, int samples) {
    this.backend = backend;
    String of = of(samples);
    gram = memory.get("Gram of the samples" + of);
    cholesky = memory.get("Cholesky factor" + of);
    inverse = memory.get("inverse" + of);
    inverseSingle = memory.get(INVERSE + of);
    image = memory.get("fields on targets" + of);
    weights = memory.get("readout weights" + of);
    weightsSingle = memory.get(WEIGHTS + of);
    unit = memory.get("unit matrix" + of);
    backend.addDiagonal(1, unit);
  }

  static String of(int samples) {
    return ", S=" + samples;
  }

  /** Adds the matrices of the first device to a plan. */
  public static void plan(MemoryPlan plan, int samples, int outputs) {
    String of = of(samples);
    plan.add("Gram of the samples" + of, Precision.FLOAT64, samples, samples)
        .add("Cholesky factor" + of, Precision.FLOAT64, samples, samples)
        .add("inverse" + of, Precision.FLOAT64, samples, samples)
        .add("unit matrix" + of, Precision.FLOAT64, samples, samples)
        .add("fields on targets" + of, Precision.FLOAT64, samples, outputs)
        .add("readout weights" + of, Precision.FLOAT64, samples, outputs);
    planShared(plan, samples, outputs);
  }

  /** Adds the copies that every device with points holds: w and M^{-1}. */
  public static void planShared(MemoryPlan plan, int samples, int outputs) {
    plan.add(INVERSE + of(samples), Precision.FLOAT32, samples, samples)
        .add(WEIGHTS + of(samples), Precision.FLOAT32, samples, outputs);
  }

  /**
   * Solves for w.
   *
   * @param ridge lambda
   * @param failures counter of factorizations of an indefinite M, 1 x 1
   */
  public void solve(double ridge, Matrix failures) {
    factorize(ridge, failures);
    backend.copy(image, weights);
    backend.solveCholesky(cholesky, weights);
    backend.copy(weights, weightsSingle);
  }

  private void factorize(double ridge, Matrix failures) {
    backend.copy(gram, cholesky);
    backend.addDiagonal(ridge, cholesky);
    backend.cholesky(cholesky, failures);
  }

  /** out += alpha ln det M. */
  void addLogDeterminant(double alpha, Matrix out) {
    backend.logDeterminant(alpha, cholesky, 1, out);
  }

  /** lambda = S kappa / g. */
  public static double ridge(PosteriorParameters parameters, Conditions conditions, int samples) {
    return samples * conditions.kappa() / parameters.readoutVariance();
  }

  /** Sets G and b to zero. */
  void clear() {
    backend.fill(0, gram);
    backend.fill(0, image);
  }

  /**
   * Adds the products of some points to G and b; the last solution is lost.
   *
   * @param ofGram n x n, float32
   * @param ofImage n x K, float32
   */
  void add(Matrix ofGram, Matrix ofImage) {
    backend.copy(ofGram, cholesky);
    backend.axpy(1, cholesky, gram);
    backend.copy(ofImage, weights);
    backend.axpy(1, weights, image);
  }

  /**
   * V after a solve of n features,
   *
   * <pre>  V = (S gamma^2 / 2) [ kappa |v|^2 + (S / g) |w|^2 ]
   *     + c [ (P - n) ln kappa + ln det(M g / S) ].</pre>
   *
   * @param points P
   * @param potential holds |v|^2, receives V
   */
  void potential(
      PosteriorParameters parameters,
      Conditions conditions,
      int samples,
      int points,
      Matrix potential) {
    double g = parameters.readoutVariance();
    double strength = 0.5 * samples * conditions.gamma() * conditions.gamma();
    backend.scale(strength * conditions.kappa(), potential);
    backend.dot(strength * samples / g, weights, weights, 1, potential);
    if (parameters.hasDeterminant()) {
      double c = parameters.determinant(samples);
      addLogDeterminant(c, potential);
      // (P - n) ln kappa + n ln(g / S)
      double features = gram.rows();
      double constant =
          (points - features) * Math.log(conditions.kappa()) + features * Math.log(g / samples);
      backend.addDiagonal(c * constant, potential);
    }
  }

  /** Computes M^{-1} of the last solve. */
  public void invert() {
    backend.copy(unit, inverse);
    backend.solveCholesky(cholesky, inverse);
    backend.copy(inverse, inverseSingle);
  }

  /** M^{-1} of the last {@link #invert}, S x S, float32. */
  public Matrix inverseSingle() {
    return inverseSingle;
  }

  /**
   * tr G (G + lambda)^{-1} = S - lambda tr M^{-1}, the effective dimension of the samples.
   *
   * @param failures scratch, 1 x 1
   */
  public double effectiveDimension(double ridge, Matrix failures) {
    factorize(ridge, failures);
    invert();
    return gram.rows() - ridge * backend.dot(unit, inverse);
  }

  /** G, S x S, float64; solves use its lower triangle. */
  public Matrix gram() {
    return gram;
  }

  /** b, S x K, float64. */
  public Matrix image() {
    return image;
  }

  /** w, S x K, float64. */
  public Matrix weights() {
    return weights;
  }

  /** w rounded to float32. */
  Matrix weightsSingle() {
    return weightsSingle;
  }

  /** Restores the weights of an earlier solve. */
  public void setWeights(Matrix saved) {
    backend.copy(saved, weights);
    backend.copy(saved, weightsSingle);
  }

  /** I, S x S, float64. */
  public Matrix unit() {
    return unit;
  }
}
