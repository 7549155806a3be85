package org.richkernel.finite;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.network.Targets;
import org.richkernel.sampling.BatchMeans;
import org.richkernel.sampling.ParallelChains;
import org.richkernel.sampling.SampledVector;
import org.richkernel.solver.SolverState;

/**
 * Averages over the chains of a posterior: layer kernels, v, outputs at test points. The mixing of
 * the chains is judged by scalars: tr Y^T Phi^l Y and tr Phi^l of each layer, tr Y^T v and the
 * potential.
 */
final class PosteriorAverages {
  private final PosteriorProblem problem;
  private final @Nullable TestPointOutputs testPoints;
  private final List<BatchMeans> kernels = new ArrayList<>();
  private final BatchMeans dual;
  private final @Nullable BatchMeans testOutputs;

  /**
   * @param testPoints null when there are none
   */
  PosteriorAverages(PosteriorProblem problem, @Nullable TestPointOutputs testPoints) {
    this.problem = problem;
    this.testPoints = testPoints;
    int chains = problem.options().chains();
    for (int l = 0; l < problem.network().hiddenLayers(); l++) {
      kernels.add(new BatchMeans(problem.points() * problem.points(), chains));
    }
    dual = new BatchMeans(problem.points() * problem.outputs(), chains);
    testOutputs =
        testPoints == null
            ? null
            : new BatchMeans(problem.testInputs().rows() * problem.outputs(), chains);
  }

  /** Bytes on the heap. */
  static long bytes(PosteriorProblem problem) {
    long points = problem.points();
    long kernels = problem.network().hiddenLayers() * points * points;
    long outputs = (points + problem.testInputs().rows()) * problem.outputs();
    return BatchMeans.bytes(kernels + outputs);
  }

  /** Number of scalars of a measurement. */
  static int scalars(int layers) {
    return 2 * layers + 2;
  }

  /** Index of tr Y^T v among the scalars. */
  static int dualFit(int layers) {
    return 2 * layers;
  }

  /** Adds a measurement of the present state of a chain. */
  void measure(WeightPosterior posterior, WeightChain chain) {
    int layers = kernels.size();
    int points = problem.points();
    double[] scalars = new double[scalars(layers)];
    posterior.use(chain.weights());
    scalars[2 * layers + 1] = posterior.visit();
    for (int l = 0; l < layers; l++) {
      double[] kernel = posterior.kernel(l + 1);
      kernels.get(l).add(kernel);
      scalars[2 * l] = targetProduct(kernel);
      for (int i = 0; i < points; i++) {
        scalars[2 * l + 1] += kernel[i * points + i];
      }
    }
    double[] v = posterior.dual();
    dual.add(v);
    double[] y = problem.trainTargets().toArray();
    for (int i = 0; i < v.length; i++) {
      scalars[dualFit(layers)] += y[i] * v[i];
    }
    chain.record(scalars);
    if (testPoints != null && testOutputs != null) {
      testOutputs.add(
          testPoints.of(
              posterior.hidden().weights(),
              posterior.outputWeights(),
              problem.options().seed(),
              chain.stream(),
              chain.sweeps()));
    }
  }

  /** tr Y^T Phi Y. */
  private double targetProduct(double[] kernel) {
    Targets y = problem.trainTargets();
    int points = y.rows();
    double sum = 0;
    for (int k = 0; k < y.outputs(); k++) {
      for (int i = 0; i < points; i++) {
        double row = 0;
        for (int j = 0; j < points; j++) {
          row += kernel[i * points + j] * y.at(j, k);
        }
        sum += y.at(i, k) * row;
      }
    }
    return sum;
  }

  /** Mixing of chains with at least four measurements. */
  Mixing mixing(List<WeightChain> chains) {
    double rhat = 1;
    double effective = Double.POSITIVE_INFINITY;
    for (int s = 0; s < scalars(kernels.size()); s++) {
      int scalar = s;
      ParallelChains together =
          new ParallelChains(
              chains.stream().map(c -> c.scalar(scalar).values()).toArray(double[][]::new));
      rhat = Math.max(rhat, together.splitRhat());
      effective = Math.min(effective, together.effectiveSamples());
    }
    double error = 0;
    for (BatchMeans kernel : kernels) {
      error = Math.max(error, kernelError(kernel));
    }
    return new Mixing(rhat, effective, error);
  }

  /** Relative standard error of a kernel in the Frobenius norm. */
  private static double kernelError(BatchMeans kernel) {
    SampledVector mean = SampledVector.ofChains(List.of(kernel));
    return norm(mean.standardError()) / norm(mean.value());
  }

  private static double norm(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }

  /** Averages of Phi^l, l from 1. */
  BatchMeans kernel(int layer) {
    return kernels.get(layer - 1);
  }

  /** Averages of v = beta (y - f). */
  BatchMeans dual() {
    return dual;
  }

  /** Averages of the outputs at the test points. */
  Optional<BatchMeans> testOutputs() {
    return Optional.ofNullable(testOutputs);
  }

  void save(SolverState state) {
    for (int l = 0; l < kernels.size(); l++) {
      kernels.get(l).save(state, "kernel_" + l);
    }
    dual.save(state, "dual");
    if (testOutputs != null) {
      testOutputs.save(state, "test");
    }
  }

  void restore(SolverState state) {
    for (int l = 0; l < kernels.size(); l++) {
      kernels.get(l).restore(state, "kernel_" + l);
    }
    dual.restore(state, "dual");
    if (testOutputs != null) {
      testOutputs.restore(state, "test");
    }
  }
}
