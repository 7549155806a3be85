package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.stack.PrimalReadout;

/**
 * The force of c ln det A on the preactivations: dV/dh = weight phi' o (phi A^{-1}), a product of
 * full rank, unlike the pull of the targets.
 */
final class DeterminantForce {
  private final Backend backend;
  private final Matrix inverse;
  private final Matrix inverseSingle;
  private final Matrix force;
  private final Matrix shorter; // blocks have one of two sizes

  DeterminantForce(Backend backend, Workspace memory) {
    this.backend = backend;
    inverse = memory.get("inverse");
    inverseSingle = memory.get("inverse, single");
    force = memory.get("determinant force");
    shorter = force.rowRange(0, force.rows() - 1);
  }

  static void plan(MemoryPlan plan, int points, int rows) {
    plan.add("inverse", Precision.FLOAT64, points, points)
        .add("inverse, single", Precision.FLOAT32, points, points)
        .add("determinant force", Precision.FLOAT32, rows, points);
  }

  /** Computes the force for the phi and slope of the moving rows, before slope is used up. */
  void prepare(double weight, PrimalReadout readout, MovingBlock moving) {
    readout.inverse(1, inverse);
    backend.copy(inverse, inverseSingle);
    Matrix rows = rows(moving);
    backend.gemm(Transpose.NO, Transpose.NO, weight, moving.phi(), inverseSingle, 0, rows);
    backend.multiply(moving.slope(), rows);
  }

  /** Adds force F to the gradient. */
  void addTo(MovingBlock moving) {
    moving.addToGradient(rows(moving));
  }

  private Matrix rows(MovingBlock moving) {
    return moving.rows() == force.rows() ? force : shorter;
  }
}
