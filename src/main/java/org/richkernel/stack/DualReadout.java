package org.richkernel.stack;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * What the readout weights leave behind when they are integrated out by {@link SampleReadout}: the
 * potential is the minimum of ridge regression on S features,
 *
 * <pre>  V = (S gamma^2 / 2) [ |Y - phi^T w|^2 / kappa + (S / g) |w|^2 ]
 *     + c [ (P - S) ln kappa + ln det(M g / S) ],
 *   v = (Y - phi^T w) / kappa,</pre>
 *
 * into which an error of w enters squared.
 */
public final class DualReadout {
  private final Backend backend;
  private final PosteriorParameters parameters;
  private final Matrix targets; // Y, P x K
  private final Matrix targetsSingle;
  private final Matrix fitted; // phi^T w, P x K, float32
  private final Matrix dual; // v, P x K
  private final Matrix dualSingle;
  private final Matrix potential;
  private final Matrix failures;
  private Conditions conditions; // those of the parameters, or others while they are annealed
  private long nanos;

  /**
   * @param memory holds what {@link #plan} planned
   * @param y targets, row-major P x K
   * @param potential where V is left, 1 x 1, float64
   * @param failures where factorizations that fail are counted, 1 x 1, float64
   */
  public DualReadout(
      Backend backend,
      Workspace memory,
      PosteriorParameters parameters,
      double[] y,
      Matrix potential,
      Matrix failures) {
    this.backend = backend;
    this.parameters = parameters;
    this.potential = potential;
    this.failures = failures;
    targets = memory.get("Y");
    targetsSingle = memory.get("Y, single");
    fitted = memory.get("fit");
    dual = memory.get("dual");
    dualSingle = memory.get("dual, single");
    conditions = parameters.conditions();
    backend.upload(y, targets);
    backend.upload(y, targetsSingle);
  }

  /** Adds what the readout holds to a plan. */
  public static void plan(MemoryPlan plan, int points, int outputs) {
    plan.add("Y", Precision.FLOAT64, points, outputs)
        .add("Y, single", Precision.FLOAT32, points, outputs)
        .add("fit", Precision.FLOAT32, points, outputs)
        .add("dual", Precision.FLOAT64, points, outputs)
        .add("dual, single", Precision.FLOAT32, points, outputs);
  }

  /**
   * Sets the richness and the noise that count from now on.
   *
   * @return whether they are others than before
   */
  public boolean setConditions(Conditions next) {
    boolean changed = !next.equals(conditions);
    conditions = next;
    return changed;
  }

  /** lambda = S kappa / g. */
  public double ridge(int samples) {
    return samples * conditions.kappa() / parameters.readoutVariance();
  }

  /**
   * Solves for w and v, and leaves V where it belongs.
   *
   * @param of holds G and b of the present fields
   * @param phi of all samples, P x S
   */
  public void solve(SampleReadout of, Matrix phi) {
    int count = phi.columns();
    long start = System.nanoTime();
    of.solve(ridge(count), failures);
    nanos += System.nanoTime() - start;
    backend.gemm(Transpose.NO, Transpose.NO, 1, phi, of.weightsSingle(), 0, fitted);
    // v = (Y - phi^T w) / kappa
    double noise = conditions.kappa();
    double richness = conditions.gamma();
    backend.copy(fitted, dual);
    backend.scale(-1 / noise, dual);
    backend.axpy(1 / noise, targets, dual);
    double samples = count;
    double strength = 0.5 * samples * richness * richness;
    backend.dot(strength * noise, dual, dual, 0, potential);
    Matrix w = of.weights();
    double penalty = strength * samples / parameters.readoutVariance();
    backend.dot(penalty, w, w, 1, potential);
    if (parameters.hasDeterminant()) {
      double c = parameters.determinant(count);
      of.addLogDeterminant(c, potential);
      // (P - S) ln kappa + S ln(g / S)
      double constant =
          (phi.rows() - samples) * Math.log(noise)
              + samples * Math.log(parameters.readoutVariance() / samples);
      backend.addDiagonal(c * constant, potential);
    }
  }

  /**
   * Leaves phi^T phi u in {@link #dual()}.
   *
   * @param of scratch
   * @param phi P x S
   * @param u P x K, float32
   */
  public void multiplyByGram(SampleReadout of, Matrix phi, Matrix u) {
    backend.crossGram(1, phi, u, 0, of.image());
    of.setWeights(of.image());
    backend.gemm(Transpose.NO, Transpose.NO, 1, phi, of.weightsSingle(), 0, fitted);
    backend.copy(fitted, dual);
  }

  /** -S gamma^2, by which w v^T is the pull of the targets on phi. */
  double pullScale(int samples) {
    return -samples * conditions.gamma() * conditions.gamma();
  }

  /** Constants of the posterior. */
  public PosteriorParameters parameters() {
    return parameters;
  }

  /** Y, P x K, float64. */
  public Matrix targets() {
    return targets;
  }

  /** Y, P x K, float32. */
  public Matrix targetsSingle() {
    return targetsSingle;
  }

  /** v, P x K, float64. */
  public Matrix dual() {
    return dual;
  }

  /** P x K, float32: v after {@link #roundDual}, and scratch. */
  public Matrix dualSingle() {
    return dualSingle;
  }

  /** Rounds v to float32. */
  void roundDual() {
    backend.copy(dual, dualSingle);
  }

  /** Wall-clock time spent in factorizations so far. */
  public long nanos() {
    return nanos;
  }
}
