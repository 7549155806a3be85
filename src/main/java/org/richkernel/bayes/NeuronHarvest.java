package org.richkernel.bayes;

import java.util.Arrays;
import java.util.List;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;

/**
 * Makes a predictor of the populations that the chains kept: each is a network of S neurons with
 * readout g phi(h)^T v / S, and their weighted sum (4/3 at S, -1/3 at S/4) is the extrapolation.
 */
final class NeuronHarvest {
  private NeuronHarvest() {}

  static SampledPredictor predictor(
      Backend backend, AdaptiveProblem problem, InputFactor input, SaddleSampler sampler) {
    int outputs = problem.trainTargets().outputs();
    Populations populations = Populations.harvest(problem.options(), sampler.chains());
    int neurons = populations.fields().length / populations.width();
    float[] readout = new float[Math.multiplyExact(neurons, outputs)];
    boolean extrapolates = sampler.chains().small().length > 0;
    int at = 0;
    for (SamplingChain[] chains : List.of(sampler.chains().large(), sampler.chains().small())) {
      double share = !extrapolates ? 1 : chains == sampler.chains().large() ? 4.0 / 3 : -1.0 / 3;
      for (SamplingChain chain : chains) {
        for (SamplingChain.Snapshot snapshot : chain.snapshots()) {
          double weight =
              share
                  * problem.network().weightVariance(1)
                  / ((double) chains.length * chain.snapshots().size() * chain.samples());
          float[] coefficients =
              coefficients(backend, problem.network().activation(), input, snapshot, weight);
          System.arraycopy(coefficients, 0, readout, at * outputs, coefficients.length);
          at += chain.samples();
        }
      }
    }
    return new SampledPredictor(
        problem.network(), input.features(), input.projector(), populations, readout);
  }

  /** weight phi(h) v, S x K. */
  private static float[] coefficients(
      Backend backend,
      Activation activation,
      InputFactor input,
      SamplingChain.Snapshot snapshot,
      double weight) {
    int points = input.points();
    int rank = input.rank();
    int samples = snapshot.xi().length / rank;
    int outputs = snapshot.dual().length / points;
    int panel = Math.min(samples, backend.panelRows(points));
    float[] result = new float[samples * outputs];
    try (Matrix factor = backend.allocate(Precision.FLOAT32, points, rank, "factor");
        Matrix v = backend.allocate(Precision.FLOAT32, points, outputs, "kept dual");
        Matrix fields = backend.allocate(Precision.FLOAT32, panel, rank, "kept fields");
        Matrix activations = backend.allocate(Precision.FLOAT32, panel, points, "kept phi");
        Matrix readout = backend.allocate(Precision.FLOAT32, panel, outputs, "readout")) {
      backend.upload(input.factor(), factor);
      backend.upload(snapshot.dual(), v);
      for (int from = 0; from < samples; from += panel) {
        int rows = Math.min(panel, samples - from);
        float[] part = new float[rows * outputs];
        try (Matrix xi = fields.rowRange(0, rows);
            Matrix phi = activations.rowRange(0, rows);
            Matrix out = readout.rowRange(0, rows)) {
          backend.upload(Arrays.copyOfRange(snapshot.xi(), from * rank, (from + rows) * rank), xi);
          backend.gemm(Transpose.NO, Transpose.YES, 1, xi, factor, 0, phi);
          backend.activate(activation, phi, phi);
          backend.gemm(Transpose.NO, Transpose.NO, weight, phi, v, 0, out);
          backend.download(out, part);
        }
        System.arraycopy(part, 0, result, from * outputs, part.length);
      }
    }
    return result;
  }
}
