package org.richkernel.bayes.sweep;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * B = -2 d ln Z / d Sigma of a layer from samples of its tilted density, without an inverse.
 *
 * <p>Two Gaussian integrations by parts turn Sigma^{-1} - Sigma^{-1} &lt;h h^T&gt; Sigma^{-1} into
 *
 * <pre>  B = &lt; grad grad E &gt; - &lt; grad E grad E^T &gt;,        grad E = phi' o (T phi),
 *   (grad grad E)_ij = phi'_i phi'_j T_ij + delta_ij phi''_i (T phi)_i,</pre>
 *
 * <p>whose Monte Carlo noise does not grow with the condition number of Sigma. It needs a second
 * derivative: phi'' = -2 phi phi' for tanh, -2 h phi' for erf and 0 for linear layers, so that
 * phi''_i (T phi)_i is -2 phi_i or -2 h_i times grad_i E.
 */
final class SteinForm {
  private final Backend backend;
  private final Activation activation;
  private final Matrix unit;
  private final Matrix ones;
  private final Matrix slopes; // sum of phi' phi'^T
  private final Matrix pulls; // sum of grad E grad E^T
  private final Matrix bends; // sum of phi'' (T phi), P x 1
  private long samples;

  /**
   * @param memory with the matrices of {@link #plan}
   * @param unit I, P x P, float64
   */
  SteinForm(Backend backend, Activation activation, Workspace memory, Matrix unit) {
    if (!activation.isOdd()) {
      throw new IllegalArgumentException(
          "the second derivative of " + activation + " is not known here");
    }
    this.backend = backend;
    this.activation = activation;
    this.unit = unit;
    ones = memory.get("panel: ones");
    slopes = memory.get("<phi' phi'^T>");
    pulls = memory.get("<dE/dh dE/dh^T>");
    bends = memory.get("<phi'' (T phi)>");
    backend.fill(1, ones);
  }

  static void plan(MemoryPlan plan, int rows, int points) {
    plan.add("panel: ones", Precision.FLOAT32, rows, 1)
        .add("<phi' phi'^T>", Precision.FLOAT64, points, points)
        .add("<dE/dh dE/dh^T>", Precision.FLOAT64, points, points)
        .add("<phi'' (T phi)>", Precision.FLOAT64, points, 1);
  }

  /** Clears all samples. */
  void clear() {
    backend.fill(0, slopes);
    backend.fill(0, pulls);
    backend.fill(0, bends);
    samples = 0;
  }

  /** Adds samples with their pull, which is overwritten. */
  void add(TiltedFields fields) {
    Matrix pull = fields.pull();
    samples += pull.rows();
    backend.gram(1, fields.slope(), 1, slopes);
    backend.gram(1, pull, 1, pulls);
    // phi'' = 0 for linear layers
    if (activation.equals(Activation.TANH)) {
      addBends(fields.phi(), pull);
    } else if (activation.equals(Activation.ERF)) {
      addBends(fields.field(), pull);
    }
  }

  /** phi''/phi' = -2 x for x = phi (tanh) or h (erf). */
  private void addBends(Matrix x, Matrix pull) {
    backend.multiply(x, pull);
    backend.crossGram(-2, pull, ones.rowRange(0, pull.rows()), 1, bends);
  }

  /**
   * target += weight B of the added samples; overwrites their sums.
   *
   * @param tilt T, P x P, float64
   * @param target P x P, float64
   */
  void addTo(double weight, Matrix tilt, Matrix target) {
    double perSample = weight / samples;
    backend.multiply(tilt, slopes);
    backend.axpy(perSample, slopes, target);
    backend.axpy(-perSample, pulls, target);
    backend.copy(unit, slopes);
    backend.scaleRows(bends, slopes);
    backend.axpy(perSample, slopes, target);
    clear();
  }
}
