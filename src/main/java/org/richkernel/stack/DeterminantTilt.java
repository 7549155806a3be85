package org.richkernel.stack;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * Derivative 2 dV/dA of the data term and the determinant together, a P x P matrix of full rank.
 */
public final class DeterminantTilt {
  private final Backend backend;
  private final PosteriorParameters parameters;
  private final Matrix twice;
  private final Matrix single;

  /**
   * @param memory with the matrices of {@link #plan}
   */
  public DeterminantTilt(Backend backend, Workspace memory, PosteriorParameters parameters) {
    this.backend = backend;
    this.parameters = parameters;
    twice = memory.get("tilt");
    single = memory.get("tilt, single");
  }

  /** Adds the tilt to a plan. */
  public static void plan(MemoryPlan plan, int points) {
    plan.add("tilt", Precision.FLOAT64, points, points)
        .add("tilt, single", Precision.FLOAT32, points, points);
  }

  /**
   * 2 dV/dA = -S gamma^2 v v^T + 2 c A^{-1}, P x P, in float32.
   *
   * @param readout after its solve
   * @param samples S
   */
  public Matrix of(PrimalReadout readout, int samples) {
    readout.inverse(2 * parameters.determinant(samples), twice);
    double gamma = readout.conditions().gamma();
    double pull = -samples * gamma * gamma;
    backend.gemm(Transpose.NO, Transpose.YES, pull, readout.dual(), readout.dual(), 1, twice);
    backend.copy(twice, single);
    return single;
  }
}
