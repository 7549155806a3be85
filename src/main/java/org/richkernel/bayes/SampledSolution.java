package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.compute.Backend;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.solver.MonteCarloSeries;
import org.richkernel.solver.StopReason;

/** Makes a solution of the averages of a sampler that has ended. */
final class SampledSolution {
  private SampledSolution() {}

  static AdaptiveNbkSolution of(
      Backend backend,
      AdaptiveProblem problem,
      InputFactor input,
      SaddleSampler sampler,
      StopReason stop) {
    SaddleEstimate estimate = sampler.estimate();
    double kappa = problem.options().kappa();
    double[] y = problem.trainTargets().toArray();
    List<double[]> kernels = new ArrayList<>();
    List<AdaptiveNbkSolution.Layer> layers = new ArrayList<>();
    for (int l = 1; l <= problem.network().hiddenLayers(); l++) {
      double g = problem.network().weightVariance(l);
      double[] kernel = estimate.kernel(l).clone();
      for (int i = 0; i < kernel.length; i++) {
        kernel[i] /= g;
      }
      kernels.add(kernel);
      layers.add(layer(estimate, l, kernel, g, y));
    }

    // f = Y - kappa v on the training points
    double[] train = y.clone();
    for (int i = 0; i < train.length; i++) {
      train[i] -= kappa * estimate.dual()[i];
    }
    double[][] testByChain = new double[ChainEnsemble.CHAINS][];
    for (int c = 0; c < testByChain.length; c++) {
      testByChain[c] = estimate.extrapolated(c, SamplingChain::meanTestPrediction);
    }
    return new AdaptiveNbkSolution(
        stop,
        "sampled",
        sampler.iterations(),
        sampler.certificate(),
        kernels,
        layers,
        estimate.dual(),
        estimate.extrapolated(SamplingChain::dualFit),
        train,
        mean(testByChain),
        standardError(testByChain),
        predictor(backend, problem, input, sampler),
        diagnostics(sampler),
        history(sampler),
        List.of(),
        sampler.seconds());
  }

  /** Alignment, trace and norm of Phi of one layer. */
  private static AdaptiveNbkSolution.Layer layer(
      SaddleEstimate estimate, int l, double[] kernel, double g, double[] y) {
    double norm = Math.sqrt(InitialKernelSaddle.dot(kernel, kernel));
    double targetSquare = InitialKernelSaddle.dot(y, y);
    int points = (int) Math.round(Math.sqrt(kernel.length));
    // Alignment is a ratio: its value comes from the extrapolated kernel, its error from the ratio
    // of each sweep's own numerator and norm.
    double alignmentError = estimate.extrapolated(chain -> chain.layer(l).alignment()).error();
    AdaptiveNbkSolution.Estimate fit = estimate.extrapolated(chain -> chain.layer(l).fit());
    double normError = estimate.extrapolated(chain -> chain.layer(l).frobenius()).error() / g;
    // The spread of few chains may be small by chance; the norm's own error is a lower bound.
    double kernelError = Math.max(estimate.kernelError(l) / g, normError);
    return new AdaptiveNbkSolution.Layer(
        new AdaptiveNbkSolution.Estimate(fit.value() / g / (norm * targetSquare), alignmentError),
        scaled(estimate.extrapolated(chain -> chain.layer(l).trace()), 1 / (g * points)),
        new AdaptiveNbkSolution.Estimate(norm, normError),
        kernelError);
  }

  private static Predictor predictor(
      Backend backend, AdaptiveProblem problem, InputFactor input, SaddleSampler sampler) {
    NetworkSpec network = problem.network();
    return network.hiddenLayers() == 1
        ? NeuronHarvest.predictor(backend, problem, input, sampler)
        : new DeepPredictor(
            network,
            input,
            problem.trainTargets().toArray(),
            Populations.harvest(problem.options(), sampler.chains()),
            sampler.chains().jitter());
  }

  private static AdaptiveNbkSolution.Estimate scaled(
      AdaptiveNbkSolution.Estimate estimate, double factor) {
    return new AdaptiveNbkSolution.Estimate(estimate.value() * factor, estimate.error() * factor);
  }

  private static double[] mean(double[][] vectors) {
    double[] mean = new double[vectors[0].length];
    for (double[] vector : vectors) {
      for (int i = 0; i < mean.length; i++) {
        mean[i] += vector[i] / vectors.length;
      }
    }
    return mean;
  }

  /** Standard error of the mean of each component. */
  private static double[] standardError(double[][] vectors) {
    double[] mean = mean(vectors);
    double[] error = new double[mean.length];
    int count = vectors.length;
    for (int i = 0; i < error.length; i++) {
      double sum = 0;
      for (double[] vector : vectors) {
        sum += (vector[i] - mean[i]) * (vector[i] - mean[i]);
      }
      error[i] = Math.sqrt(sum / (count * (count - 1.0)));
    }
    return error;
  }

  private static List<ChainDiagnostics> diagnostics(SaddleSampler sampler) {
    List<ChainDiagnostics> all = new ArrayList<>();
    for (SamplingChain[] chains : List.of(sampler.chains().large(), sampler.chains().small())) {
      for (SamplingChain chain : chains) {
        all.add(
            new ChainDiagnostics(
                chain.samples(),
                chain.step(),
                chain.acceptance(),
                chain.autocorrelationTime(),
                chain.measured()));
      }
    }
    return List.copyOf(all);
  }

  private static Map<String, double[]> history(SaddleSampler sampler) {
    List<double[]> rows = sampler.history();
    Map<String, double[]> columns = new LinkedHashMap<>();
    for (int c = 0; c < SaddleSampler.HISTORY_COLUMNS.size(); c++) {
      double[] column = new double[rows.size()];
      for (int i = 0; i < column.length; i++) {
        column[i] = rows.get(i)[c];
      }
      columns.put(SaddleSampler.HISTORY_COLUMNS.get(c), column);
    }
    MonteCarloSeries fit = sampler.chains().large()[0].dualFit();
    columns.put("yv", fit.values());
    return columns;
  }
}
