package org.richkernel.bayes;

import java.util.Arrays;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * Readouts of one hidden layer in the primal form, or its kernel in the dual form, from phi(h) of
 * the kept neurons of the chains.
 */
final class NeuronHarvest implements AutoCloseable {
  private final Backend backend;
  private final Activation activation;
  private final Matrix factor;
  private final int outputs;
  private final int panel;
  private final Workspace memory;

  /**
   * Allocates the scratch in advance, so the end of a solve needs no further memory.
   *
   * @param factor F, P x r, float32
   * @param outputs K
   * @param panelRows number of neurons of a panel
   * @param formsKernel whether {@link #kernel} will be called, in place of {@link #coefficients}
   */
  NeuronHarvest(
      Backend backend,
      Activation activation,
      Matrix factor,
      int outputs,
      int panelRows,
      boolean formsKernel) {
    this.backend = backend;
    this.activation = activation;
    this.factor = factor;
    this.outputs = outputs;
    panel = panelRows;
    MemoryPlan plan = new MemoryPlan();
    plan(plan, factor.rows(), factor.columns(), outputs, panelRows, formsKernel);
    memory = new Workspace(backend, plan);
  }

  /** Adds the scratch to a plan. */
  static void plan(
      MemoryPlan plan, int points, int rank, int outputs, int panelRows, boolean formsKernel) {
    plan.add("kept fields", Precision.FLOAT32, panelRows, rank)
        .add("kept phi", Precision.FLOAT32, panelRows, points);
    if (formsKernel) {
      plan.add("kernel of kept fields", Precision.FLOAT64, points, points);
    } else {
      plan.add("kept dual", Precision.FLOAT32, points, outputs)
          .add("readout of kept fields", Precision.FLOAT32, panelRows, outputs);
    }
  }

  /**
   * g Phi of the populations kept so far, extrapolated, row-major P x P; noisier than averages over
   * all sweeps.
   *
   * @param readoutVariance g
   */
  double[] kernel(ChainEnsemble ensemble, double readoutVariance) {
    Matrix kernel = memory.get("kernel of kept fields");
    backend.fill(0, kernel);
    ensemble.forEachKept(
        readoutVariance,
        (snapshot, weight) ->
            forEachPanel(snapshot, (phi, from) -> backend.gram(weight, phi, 1, kernel)));
    double[] values = new double[Math.toIntExact(kernel.size())];
    backend.download(kernel, values);
    return values;
  }

  /** weight phi(h) v of a population, row-major S x K. */
  float[] coefficients(SamplingChain.Snapshot snapshot, double weight) {
    float[] result = new float[snapshot.xi().length / factor.columns() * outputs];
    Matrix v = memory.get("kept dual");
    backend.upload(snapshot.readout(), v);
    forEachPanel(
        snapshot,
        (phi, from) -> {
          float[] part = new float[phi.rows() * outputs];
          try (Matrix out = memory.get("readout of kept fields").rowRange(0, phi.rows())) {
            backend.gemm(Transpose.NO, Transpose.NO, weight, phi, v, 0, out);
            backend.download(out, part);
          }
          System.arraycopy(part, 0, result, from * outputs, part.length);
        });
    return result;
  }

  /** Receives phi(h) of some rows (n x P) of a population and the index of the first row. */
  @FunctionalInterface
  private interface PanelUse {
    void accept(Matrix phi, int from);
  }

  private void forEachPanel(SamplingChain.Snapshot snapshot, PanelUse use) {
    int rank = factor.columns();
    int samples = snapshot.xi().length / rank;
    for (int from = 0; from < samples; from += panel) {
      int rows = Math.min(panel, samples - from);
      try (Matrix xi = memory.get("kept fields").rowRange(0, rows);
          Matrix phi = memory.get("kept phi").rowRange(0, rows)) {
        backend.upload(Arrays.copyOfRange(snapshot.xi(), from * rank, (from + rows) * rank), xi);
        backend.gemm(Transpose.NO, Transpose.YES, 1, xi, factor, 0, phi);
        backend.activate(activation, phi, phi);
        use.accept(phi, from);
      }
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
