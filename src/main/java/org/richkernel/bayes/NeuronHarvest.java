package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * Makes a predictor of the populations that the chains kept: each is a network of S neurons with
 * readout g phi(h)^T v / S, and their weighted sum (4/3 at S, -1/3 at S/4) is the extrapolation.
 */
final class NeuronHarvest implements AutoCloseable {
  private final Backend backend;
  private final Activation activation;
  private final Matrix factor;
  private final int outputs;
  private final int panel;
  private final Workspace memory;

  /**
   * Allocates the scratch, so that the end of a solve asks for nothing more.
   *
   * @param factor F, P x r, float32
   * @param outputs K
   * @param panelRows neurons to work on at a time
   * @param formsKernel whether there will be a {@link #kernel}
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
    plan.add("kept dual", Precision.FLOAT32, points, outputs)
        .add("kept fields", Precision.FLOAT32, panelRows, rank)
        .add("kept phi", Precision.FLOAT32, panelRows, points)
        .add("readout of kept fields", Precision.FLOAT32, panelRows, outputs);
    if (formsKernel) {
      plan.add("kernel of kept fields", Precision.FLOAT64, points, points);
    }
  }

  /** The predictor of what the chains have kept so far. */
  SampledPredictor predictor(AdaptiveProblem problem, InputFactor input, ChainEnsemble ensemble) {
    return predictor(problem, input, ensemble, this::coefficients);
  }

  /** The readout of a population. */
  @FunctionalInterface
  interface Readout {
    /** weight phi(h) v, row-major S x K. */
    float[] of(SamplingChain.Snapshot snapshot, double weight);
  }

  /** The same with readouts that are made elsewhere. */
  static SampledPredictor predictor(
      AdaptiveProblem problem, InputFactor input, ChainEnsemble ensemble, Readout made) {
    Populations populations = Populations.harvest(problem.options(), ensemble);
    List<float[]> readouts = new ArrayList<>();
    forEach(
        ensemble,
        problem.network().weightVariance(1),
        (snapshot, weight) -> readouts.add(made.of(snapshot, weight)));
    float[] readout = new float[readouts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (float[] part : readouts) {
      System.arraycopy(part, 0, readout, at, part.length);
      at += part.length;
    }
    return new SampledPredictor(
        problem.network(), input.features(), input.projector(), populations, readout);
  }

  /** Does something with a population and the weight of phi^T phi in the extrapolation of g Phi. */
  @FunctionalInterface
  interface Use {
    void accept(SamplingChain.Snapshot snapshot, double weight);
  }

  /** Goes through what the chains have kept. */
  static void forEach(ChainEnsemble ensemble, double readoutVariance, Use use) {
    boolean extrapolates = ensemble.small().length > 0;
    for (SamplingChain[] chains : List.of(ensemble.large(), ensemble.small())) {
      double share = !extrapolates ? 1 : chains == ensemble.large() ? 4.0 / 3 : -1.0 / 3;
      for (SamplingChain chain : chains) {
        for (SamplingChain.Snapshot snapshot : chain.snapshots()) {
          double weight =
              share
                  * readoutVariance
                  / ((double) chains.length * chain.snapshots().size() * chain.samples());
          use.accept(snapshot, weight);
        }
      }
    }
  }

  /**
   * g Phi of what the chains have kept so far, extrapolated, row-major P x P; of few populations,
   * so noisier than averages over all sweeps.
   *
   * @param readoutVariance g
   */
  double[] kernel(ChainEnsemble ensemble, double readoutVariance) {
    Matrix kernel = memory.get("kernel of kept fields");
    backend.fill(0, kernel);
    forEach(
        ensemble,
        readoutVariance,
        (snapshot, weight) ->
            forEachPanel(snapshot, (phi, from) -> backend.gram(weight, phi, 1, kernel)));
    double[] values = new double[Math.toIntExact(kernel.size())];
    backend.download(kernel, values);
    return values;
  }

  /** weight phi(h) v, S x K. */
  private float[] coefficients(SamplingChain.Snapshot snapshot, double weight) {
    float[] result = new float[snapshot.xi().length / factor.columns() * outputs];
    Matrix v = memory.get("kept dual");
    backend.upload(snapshot.dual(), v);
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

  /** Does something with phi(h) of some rows (n x P) of a population, from one row on. */
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
