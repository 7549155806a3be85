package org.richkernel.stack;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * Adds the force of c ln det A to that of a readout of one hidden layer: dV/dh = weight phi' o (phi
 * A^{-1}), a product of full rank, unlike the pull of the targets.
 */
public final class DeterminantForce implements Readout {
  private final Backend backend;
  private final GramReadout targets;
  private final PrimalReadout solver;
  private final double weight;
  private final Matrix inverse;
  private final Matrix inverseSingle;
  private final Matrix force;
  private final LayerFields layer;
  private final Matrix factor;
  private final Matrix gradient;

  /**
   * @param memory holds what {@link #plan} planned
   * @param targets the readout without the determinant
   * @param weight 2 c g / S
   * @param layer of n rows that move
   * @param factor F, P x r
   * @param gradient dV/dxi, n x r
   */
  public DeterminantForce(
      Backend backend,
      Workspace memory,
      GramReadout targets,
      PrimalReadout solver,
      double weight,
      LayerFields layer,
      Matrix factor,
      Matrix gradient) {
    this.backend = backend;
    this.targets = targets;
    this.solver = solver;
    this.weight = weight;
    this.layer = layer;
    this.factor = factor;
    this.gradient = gradient;
    inverse = memory.get("inverse");
    inverseSingle = memory.get("inverse, single");
    force = memory.get("determinant force").rowRange(0, gradient.rows());
  }

  /** Adds the scratch of at most so many rows to a plan. */
  public static void plan(MemoryPlan plan, int points, int rows) {
    plan.add("inverse", Precision.FLOAT64, points, points)
        .add("inverse, single", Precision.FLOAT32, points, points)
        .add("determinant force", Precision.FLOAT32, rows, points);
  }

  @Override
  public void begin() {
    targets.begin();
  }

  @Override
  public void read(int panel, Matrix phi) {
    targets.read(panel, phi);
  }

  @Override
  public void end() {
    targets.end();
  }

  @Override
  public Matrix kernel() {
    return targets.kernel();
  }

  /** The force, before the slope is used up. */
  @Override
  public void beginPull() {
    solver.inverse(1, inverse);
    backend.copy(inverse, inverseSingle);
    backend.gemm(Transpose.NO, Transpose.NO, weight, layer.phi(), inverseSingle, 0, force);
    backend.multiply(layer.slope(), force);
    targets.beginPull();
  }

  @Override
  public void pull(int panel, Matrix phi, Matrix slope) {
    targets.pull(panel, phi, slope);
  }

  @Override
  public void endPull() {
    backend.gemm(Transpose.NO, Transpose.NO, 1, force, factor, 1, gradient);
  }

  @Override
  public long gramNanos() {
    return targets.gramNanos();
  }
}
