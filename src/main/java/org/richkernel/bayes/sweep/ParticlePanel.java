package org.richkernel.bayes.sweep;

import java.util.function.IntToDoubleFunction;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * Some samples of one layer that move independently under a fixed tilt: Hamiltonian Monte Carlo on
 * exp(-|xi|^2 / 2 - E(F xi)) with the Gaussian part rotated exactly and a Metropolis decision for
 * every sample.
 */
final class ParticlePanel {
  private final Backend backend;
  private final TiltedFields fields;
  private final Matrix xi;
  private final long first;
  private final Matrix position;
  private final Matrix momentum;
  private final Matrix gradient;
  private final Matrix normals;
  private final Matrix margin;
  private final Matrix part;
  private final Matrix choice;

  /**
   * The random streams of one move; each is used once.
   *
   * @param seed the key
   * @param momentum stream of the momenta
   * @param decision stream of the Metropolis decisions
   */
  record Draw(long seed, long momentum, long decision) {}

  /**
   * @param memory with the matrices of {@link #plan}
   * @param xi n x r, float32
   * @param first index of the first of the samples in the population
   * @param factor F, P x r, float32
   */
  ParticlePanel(
      Backend backend,
      Activation activation,
      Workspace memory,
      Matrix xi,
      long first,
      Matrix factor,
      Tilt tilt) {
    int rows = xi.rows();
    int width = xi.columns();
    this.backend = backend;
    this.xi = xi;
    this.first = first;
    fields = new TiltedFields(backend, activation, memory, factor, tilt, rows);
    position = memory.get("panel: position").view(0, rows, 0, width);
    momentum = memory.get("panel: momentum").view(0, rows, 0, width);
    gradient = memory.get("panel: gradient").view(0, rows, 0, width);
    normals = memory.get("panel: two normals").rowRange(0, rows);
    margin = memory.get("panel: margin").rowRange(0, rows);
    part = memory.get("panel: part of the margin").rowRange(0, rows);
    choice = memory.get("panel: choice").rowRange(0, rows);
  }

  /**
   * Adds the shared scratch of all panels to a plan.
   *
   * @param rows of the largest panel
   * @param width largest number of columns of whitened fields
   */
  static void plan(MemoryPlan plan, int rows, int width, int points) {
    TiltedFields.plan(plan, rows, points);
    plan.add("panel: position", Precision.FLOAT32, rows, width)
        .add("panel: momentum", Precision.FLOAT32, rows, width)
        .add("panel: gradient", Precision.FLOAT32, rows, width)
        .add("panel: two normals", Precision.FLOAT32, rows, 2)
        .add("panel: margin", Precision.FLOAT32, rows, 1)
        .add("panel: part of the margin", Precision.FLOAT32, rows, 1)
        .add("panel: choice", Precision.FLOAT32, rows, 1);
  }

  /**
   * Moves every sample by one trajectory.
   *
   * @param step an angle in radians
   * @param leapfrogs number of steps, at least 1
   * @return number of accepted samples
   */
  double move(Draw draw, double step, int leapfrogs) {
    return move(draw, step, leapfrogs, k -> 1);
  }

  /**
   * Moves every sample by one trajectory with a varying tilt. If strength(k) = strength(leapfrogs -
   * k) the trajectory is reversible, so the move is exact.
   *
   * @param strength factor of the tilt's kick after k steps; 1 at both ends
   * @return number of accepted samples
   */
  double move(Draw draw, double step, int leapfrogs, IntToDoubleFunction strength) {
    backend.copy(xi, position);
    backend.fillGaussian(draw.seed(), draw.momentum(), first, momentum);
    // margin = -ln u + H before - H after; half the square of two normals is -ln of a uniform
    backend.fillGaussian(draw.seed(), draw.decision(), first, normals);
    backend.rowDot(normals, normals, margin);
    backend.scale(0.5, margin);

    fields.evaluate(position);
    fields.addEnergy(1, margin);
    addGaussianPart(1);
    for (int k = 0; k < leapfrogs; k++) {
      fields.formPull();
      fields.gradient(gradient);
      // Two half kicks between rotations are one whole kick.
      double kick = (k == 0 ? 0.5 * step : step) * strength.applyAsDouble(k);
      backend.kickRotate(kick, gradient, step, position, momentum);
      fields.evaluate(position);
    }
    fields.addEnergy(-1, margin);
    fields.formPull();
    fields.gradient(gradient);
    backend.axpy(-0.5 * step * strength.applyAsDouble(leapfrogs), gradient, momentum);
    addGaussianPart(-1);
    return accept();
  }

  /** margin += weight (|x|^2 + |p|^2) / 2 of every sample. */
  private void addGaussianPart(double weight) {
    backend.rowDot(position, position, part);
    backend.axpy(0.5 * weight, part, margin);
    backend.rowDot(momentum, momentum, part);
    backend.axpy(0.5 * weight, part, margin);
  }

  /** Copies the positions of samples with positive margin; returns their number. */
  private double accept() {
    // The slope of ReLU is 1 where its argument is positive and 0 elsewhere.
    backend.activateWithDerivative(Activation.RELU, margin, part, choice);
    // xi += choice (x - xi)
    backend.axpy(-1, xi, position);
    backend.scaleRows(choice, position);
    backend.axpy(1, position, xi);
    return backend.sum(choice);
  }

  /** kernel += weight phi^T phi of the samples, P x P, float64; forms their pull. */
  void addKernel(double weight, Matrix kernel) {
    fields.evaluate(xi);
    fields.formPull();
    backend.gram(weight, fields.phi(), 1, kernel);
  }

  /**
   * Writes phi of the samples, n x P, into a larger matrix.
   *
   * @param row index of their first row
   * @return n
   */
  int copyPhi(Matrix target, int row) {
    fields.evaluate(xi);
    backend.copy(fields.phi(), target.rowRange(row, xi.rows()));
    return xi.rows();
  }

  /** The samples after {@link #addKernel}. */
  TiltedFields fields() {
    return fields;
  }
}
