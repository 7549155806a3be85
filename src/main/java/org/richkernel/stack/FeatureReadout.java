package org.richkernel.stack;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * Readout of a layer whose rows R (n x P) are its features, integrated out by the n x n system of
 * {@link SampleReadout}; n is S, or S s where each of s sites has its own weight:
 *
 * <pre>  w = (R R^T + S kappa / g)^{-1} R Y,   v = (Y - R^T w) / kappa,
 *   dV/dR = -S gamma^2 w v^T + 2 c M^{-1} R.</pre>
 *
 * <p>Products of features are float32 over short runs of points, and float64 in their sums. Cost:
 * n^2 P + 4 n P K + n^3 / 3 flops.
 */
public final class FeatureReadout implements Readout {
  /** Points of a run. */
  private static final int RUN = 512;

  private final Backend backend;
  private final SampleReadout solver;
  private final PosteriorParameters parameters;
  private final int samples;
  private final Matrix rows; // R
  private final List<Matrix> runs = new ArrayList<>(); // R, columns of a run of points
  private final List<Matrix> targetRuns = new ArrayList<>();
  private final Matrix targets; // Y, P x K
  private final Matrix dual; // v
  private final Matrix dualSingle;
  private final Matrix fitted; // R^T w, P x K, float32
  private final Matrix potential;
  private final Matrix failures;
  private final Matrix product; // n x P
  private final Matrix gramOfRun;
  private final Matrix imageOfRun;
  private Conditions conditions;
  private long gramNanos;
  private long nanos;

  /**
   * @param memory with the matrices of {@link #plan}, of {@link #planTargets} and of {@link
   *     SampleReadout#plan} for n features
   * @param parameters with the variance g of a weight on a row
   * @param samples S
   * @param rows R, n x P, float32
   * @param product scratch, n x P, float32
   * @param potential receives V, 1 x 1, float64
   * @param failures counter of failed factorizations, 1 x 1, float64
   */
  public FeatureReadout(
      Backend backend,
      Workspace memory,
      PosteriorParameters parameters,
      int samples,
      Matrix rows,
      Matrix product,
      Matrix potential,
      Matrix failures) {
    this.backend = backend;
    this.parameters = parameters;
    this.samples = samples;
    this.rows = rows;
    this.product = product;
    this.potential = potential;
    this.failures = failures;
    conditions = parameters.conditions();
    int features = rows.rows();
    solver = new SampleReadout(backend, memory, features);
    targets = memory.get("Y");
    dual = memory.get("dual");
    dualSingle = memory.get("dual, single");
    fitted = memory.get("fitted");
    gramOfRun = memory.get("Gram of a run" + SampleReadout.of(features));
    imageOfRun = memory.get("image of a run" + SampleReadout.of(features));
    int points = rows.columns();
    Matrix single = memory.get("Y, single");
    for (int first = 0; first < points; first += RUN) {
      int count = Math.min(RUN, points - first);
      runs.add(rows.view(0, features, first, count));
      targetRuns.add(single.rowRange(first, count));
    }
  }

  /** Adds the matrices of a readout of n features to a plan. */
  public static void plan(MemoryPlan plan, int features, int outputs) {
    SampleReadout.plan(plan, features, outputs);
    String of = SampleReadout.of(features);
    plan.add("Gram of a run" + of, Precision.FLOAT32, features, features)
        .add("image of a run" + of, Precision.FLOAT32, features, outputs);
  }

  /** Adds the matrices that readouts of all sizes share. */
  public static void planTargets(MemoryPlan plan, int points, int outputs) {
    plan.add("Y", Precision.FLOAT64, points, outputs)
        .add("Y, single", Precision.FLOAT32, points, outputs)
        .add("dual", Precision.FLOAT64, points, outputs)
        .add("dual, single", Precision.FLOAT32, points, outputs)
        .add("fitted", Precision.FLOAT32, points, outputs);
  }

  /**
   * Sets the richness and the noise of the next solves.
   *
   * @return whether they changed
   */
  public boolean setConditions(Conditions next) {
    boolean changed = !next.equals(conditions);
    conditions = next;
    return changed;
  }

  /** Computes G, b, w, v and V of the present rows. */
  @Override
  public void end() {
    long start = System.nanoTime();
    solver.clear();
    for (int i = 0; i < runs.size(); i++) {
      backend.syrk(Transpose.NO, 1, runs.get(i), 0, gramOfRun);
      backend.gemm(Transpose.NO, Transpose.NO, 1, runs.get(i), targetRuns.get(i), 0, imageOfRun);
      solver.add(gramOfRun, imageOfRun);
    }
    long solving = System.nanoTime();
    gramNanos += solving - start;
    solver.solve(SampleReadout.ridge(parameters, conditions, samples), failures);
    nanos += System.nanoTime() - solving;
    fit(solver.weightsSingle());
    backend.scale(-1 / conditions.kappa(), dual);
    backend.axpy(1 / conditions.kappa(), targets, dual);
    backend.dot(1, dual, dual, 0, potential);
    solver.potential(parameters, conditions, samples, rows.columns(), potential);
  }

  /** dual = R^T u. */
  private void fit(Matrix u) {
    backend.gemm(Transpose.YES, Transpose.NO, 1, rows, u, 0, fitted);
    backend.copy(fitted, dual);
  }

  @Override
  public Matrix kernel() {
    return solver.gram();
  }

  @Override
  public void beginPull() {
    backend.copy(dual, dualSingle);
    if (parameters.hasDeterminant()) {
      solver.invert();
    }
  }

  /** Takes all rows in one panel. */
  @Override
  public void pull(int panel, Matrix phi, Matrix slope) {
    double gamma = conditions.gamma();
    double pull = -samples * gamma * gamma;
    backend.gemm(Transpose.NO, Transpose.YES, pull, solver.weightsSingle(), dualSingle, 0, product);
    if (parameters.hasDeterminant()) {
      double c = parameters.determinant(samples);
      backend.gemm(Transpose.NO, Transpose.NO, 2 * c, solver.inverseSingle(), rows, 1, product);
    }
    backend.multiply(product, slope);
  }

  /**
   * g Phi u of the present rows; overwrites {@link #dual()}.
   *
   * @param u row-major P x K
   * @return row-major P x K
   */
  public double[] kernelImage(double[] u) {
    backend.upload(u, dual);
    backend.copy(dual, dualSingle);
    backend.gemm(Transpose.NO, Transpose.NO, 1, rows, dualSingle, 0, imageOfRun);
    fit(imageOfRun);
    backend.scale(parameters.readoutVariance() / samples, dual);
    double[] image = new double[u.length];
    backend.download(dual, image);
    return image;
  }

  /** tr g Phi (g Phi + kappa)^{-1} of the last solve. */
  public double effectiveDimension() {
    return solver.effectiveDimension(
        SampleReadout.ridge(parameters, conditions, samples), failures);
  }

  /** w and b of the last solve. */
  public SampleReadout solution() {
    return solver;
  }

  /** v of the last solve, P x K, float64. */
  public Matrix dual() {
    return dual;
  }

  @Override
  public long gramNanos() {
    return gramNanos;
  }

  /** Wall-clock time spent in factorizations so far. */
  public long nanos() {
    return nanos;
  }
}
