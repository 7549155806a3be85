package org.richkernel.bayes;

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
    int rank = input.rank();
    int outputs = problem.trainTargets().outputs();
    int neurons = 0;
    for (SamplingChain[] chains : List.of(sampler.large(), sampler.small())) {
      for (SamplingChain chain : chains) {
        neurons += chain.snapshots().size() * chain.samples();
      }
    }
    float[] fields = new float[Math.multiplyExact(neurons, rank)];
    float[] readout = new float[Math.multiplyExact(neurons, outputs)];
    boolean extrapolates = sampler.small().length > 0;
    int at = 0;
    for (SamplingChain[] chains : List.of(sampler.large(), sampler.small())) {
      double share = !extrapolates ? 1 : chains == sampler.large() ? 4.0 / 3 : -1.0 / 3;
      for (SamplingChain chain : chains) {
        for (SamplingChain.Snapshot snapshot : chain.snapshots()) {
          double weight =
              share
                  * problem.network().weightVariance(1)
                  / ((double) chains.length * chain.snapshots().size() * chain.samples());
          float[] coefficients =
              coefficients(backend, problem.network().activation(), input, snapshot, weight);
          System.arraycopy(snapshot.xi(), 0, fields, at * rank, snapshot.xi().length);
          System.arraycopy(coefficients, 0, readout, at * outputs, coefficients.length);
          at += chain.samples();
        }
      }
    }
    return new SampledPredictor(
        problem.network(), input.features(), rank, input.projector(), fields, readout);
  }

  /** weight phi(h) v, S x K. */
  private static float[] coefficients(
      Backend backend,
      Activation activation,
      InputFactor input,
      SamplingChain.Snapshot snapshot,
      double weight) {
    int points = input.points();
    int samples = snapshot.xi().length / input.rank();
    int outputs = snapshot.dual().length / points;
    float[] result = new float[samples * outputs];
    try (Matrix xi = backend.allocate(Precision.FLOAT32, samples, input.rank(), "kept fields");
        Matrix factor = backend.allocate(Precision.FLOAT32, points, input.rank(), "factor");
        Matrix v = backend.allocate(Precision.FLOAT32, points, outputs, "kept dual");
        Matrix phi = backend.allocate(Precision.FLOAT32, samples, points, "kept activations");
        Matrix out = backend.allocate(Precision.FLOAT32, samples, outputs, "readout")) {
      backend.upload(snapshot.xi(), xi);
      backend.upload(input.factor(), factor);
      backend.upload(snapshot.dual(), v);
      backend.gemm(Transpose.NO, Transpose.YES, 1, xi, factor, 0, phi);
      backend.activate(activation, phi, phi);
      backend.gemm(Transpose.NO, Transpose.NO, weight, phi, v, 0, out);
      backend.download(out, result);
    }
    return result;
  }
}
