package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.SolverState;

/**
 * Ridge for responses &lt;y omega^T&gt; in the directions of a past. Directions of small variance
 * would add the noise of S samples and no response, so they are damped by 1 - Q with Q = ridge (R^T
 * R + ridge)^{-1}, which is a ridge on the kernel R R^T.
 */
final class ResponseDamping {
  private final Backend backend;
  private final HistoryScratch scratch;
  private final PastDirections past;
  private final String name;
  private final double relative;
  private final Matrix damping; // Q, r x r
  private double ridge;

  /** Adds the matrix of one history to a plan, and its copy in a checkpoint. */
  static void plan(MemoryPlan plan, String name, int columns) {
    plan.add("damping of " + name, Precision.FLOAT64, columns, columns)
        .addHost((long) columns * columns * Double.BYTES);
  }

  ResponseDamping(
      Backend backend,
      CausalOptions causal,
      Workspace memory,
      HistoryScratch scratch,
      PastDirections past,
      String name) {
    this.backend = backend;
    this.scratch = scratch;
    this.past = past;
    this.name = name;
    relative = causal.responseRidge();
    damping = memory.get("damping of " + name);
  }

  /**
   * Adds the rows V of the points that drive the present step to R, with the new Q equal to Q - Q
   * V^T (ridge + V Q V^T)^{-1} V Q (Woodbury).
   *
   * @param variance mean variance of these points; the ridge is relative to the first
   * @param driving number of these points
   */
  void extend(double variance, int driving) {
    if (ridge == 0) {
      ridge = relative * variance;
    }
    int rank = past.rank();
    int known = past.known();
    int fresh = rank - known;
    backend.fill(0, damping.view(known, fresh, 0, rank));
    backend.fill(0, damping.view(0, known, known, fresh));
    backend.addDiagonal(1, damping.view(known, fresh, known, fresh));
    Matrix q = q();
    Matrix v = past.rows(0, driving);
    Matrix vq = scratch.wide(driving, rank);
    backend.gemm(Transpose.NO, Transpose.NO, 1, v, q, 0, vq);
    Matrix gram = scratch.factor(driving);
    backend.gemm(Transpose.NO, Transpose.YES, 1, vq, v, 0, gram);
    backend.addDiagonal(ridge, gram);
    past.factorize(gram);
    backend.solveTriangular(Side.LEFT, Transpose.NO, 1, gram, vq);
    backend.gemm(Transpose.YES, Transpose.NO, -1, vq, vq, 1, q);
  }

  private Matrix q() {
    return damping.view(0, past.rank(), 0, past.rank());
  }

  /** response = response (1 - Q), n x r. */
  void apply(Matrix response) {
    Matrix damped = scratch.wide(response.rows(), past.rank());
    backend.copy(response, damped);
    backend.gemm(Transpose.NO, Transpose.NO, -1, damped, q(), 1, response);
  }

  /** Adds the state between two times to a checkpoint. */
  void save(SolverState state) {
    state.put(FieldHistory.key("ridge", name), ridge);
    SavedMatrix.save(backend, state, FieldHistory.key("damping", name), q());
  }

  /** Restores a saved state, after that of the past. */
  void restore(SolverState state) {
    ridge = state.number(FieldHistory.key("ridge", name));
    SavedMatrix.restore(backend, state, FieldHistory.key("damping", name), q());
  }
}
