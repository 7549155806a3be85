package org.richkernel.bayes.sweep;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * Preactivations h = xi F^T of n samples under a tilt E = phi(h)^T T phi(h) / 2, with phi, phi',
 * and the pull dE/dh = phi' o (phi T). All fields are n x P, float32.
 */
final class TiltedFields {
  private final Backend backend;
  private final Activation activation;
  private final Matrix factor;
  private final Tilt tilt;
  private final Matrix field;
  private final Matrix phi;
  private final Matrix slope;
  private final Matrix pull;
  private final Matrix part;

  /**
   * @param memory with the matrices of {@link #plan}
   * @param factor F, P x r, float32
   * @param rows n, at most the planned number
   */
  TiltedFields(
      Backend backend,
      Activation activation,
      Workspace memory,
      Matrix factor,
      Tilt tilt,
      int rows) {
    this.backend = backend;
    this.activation = activation;
    this.factor = factor;
    this.tilt = tilt;
    field = memory.get("panel: h").rowRange(0, rows);
    phi = memory.get("panel: phi").rowRange(0, rows);
    slope = memory.get("panel: phi'").rowRange(0, rows);
    pull = memory.get("panel: dE/dh").rowRange(0, rows);
    part = memory.get("panel: term of an energy").rowRange(0, rows);
  }

  static void plan(MemoryPlan plan, int rows, int points) {
    plan.add("panel: h", Precision.FLOAT32, rows, points)
        .add("panel: phi", Precision.FLOAT32, rows, points)
        .add("panel: phi'", Precision.FLOAT32, rows, points)
        .add("panel: dE/dh", Precision.FLOAT32, rows, points)
        .add("panel: term of an energy", Precision.FLOAT32, rows, 1);
  }

  /** Computes h, phi, phi' and phi T of whitened fields xi, n x r. */
  void evaluate(Matrix xi) {
    backend.gemm(Transpose.NO, Transpose.YES, 1, xi, factor, 0, field);
    backend.activateWithDerivative(activation, field, phi, slope);
    tilt.pull(phi, pull);
  }

  /** energies += weight E, n x 1; between {@link #evaluate} and {@link #formPull}. */
  void addEnergy(double weight, Matrix energies) {
    backend.rowDot(phi, pull, part);
    backend.axpy(0.5 * weight, part, energies);
  }

  /** Computes dE/dh = phi' o (phi T), once after {@link #evaluate}. */
  void formPull() {
    backend.multiply(slope, pull);
  }

  /** gradient = dE/dxi = dE/dh F, n x r. */
  void gradient(Matrix gradient) {
    backend.gemm(Transpose.NO, Transpose.NO, 1, pull, factor, 0, gradient);
  }

  /** h. */
  Matrix field() {
    return field;
  }

  /** phi(h). */
  Matrix phi() {
    return phi;
  }

  /** phi'(h). */
  Matrix slope() {
    return slope;
  }

  /** dE/dh. */
  Matrix pull() {
    return pull;
  }
}
