package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.IndependentEstimates;
import org.richkernel.sampling.MonteCarloSeries;
import org.richkernel.solver.StopReason;

/** Makes a solution of the averages of a sampler that has ended. */
final class SampledSolution {
  private SampledSolution() {}

  static AdaptiveNbkSolution of(
      AdaptiveProblem problem, InputFactor input, SaddleSampler sampler, StopReason stop) {
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
    double[] trainSpread = byChain(estimate, SamplingChain::meanDual).standardError();
    for (int i = 0; i < train.length; i++) {
      trainSpread[i] *= kappa;
    }
    IndependentEstimates test = byChain(estimate, SamplingChain::meanTestPrediction);
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
        trainSpread,
        test.mean(),
        test.standardError(),
        predictor(problem, input, sampler),
        diagnostics(sampler),
        history(sampler),
        List.of(),
        sampler.seconds());
  }

  /** The extrapolated averages of each of the chains at S with its companion at S/4. */
  private static IndependentEstimates byChain(
      SaddleEstimate estimate, Function<SamplingChain, double[]> mean) {
    List<double[]> chains = new ArrayList<>();
    for (int c = 0; c < ChainEnsemble.CHAINS; c++) {
      chains.add(estimate.extrapolated(c, mean));
    }
    return new IndependentEstimates(chains);
  }

  /** Alignment, trace and norm of Phi of one layer. */
  private static AdaptiveNbkSolution.Layer layer(
      SaddleEstimate estimate, int l, double[] kernel, double g, double[] y) {
    double norm = Math.sqrt(Estimate.ofProduct(kernel, kernel).value());
    double targetSquare = Estimate.ofProduct(y, y).value();
    int points = (int) Math.round(Math.sqrt(kernel.length));
    // Alignment is a ratio: its value comes from the extrapolated kernel, its error from the ratio
    // of each sweep's own numerator and norm.
    double alignmentError = estimate.extrapolated(chain -> chain.layer(l).alignment()).error();
    Estimate fit = estimate.extrapolated(chain -> chain.layer(l).fit());
    double normError = estimate.extrapolated(chain -> chain.layer(l).frobenius()).error() / g;
    // The spread of few chains may be small by chance; the norm's own error is a lower bound.
    double kernelError = Math.max(estimate.kernelError(l) / g, normError);
    return new AdaptiveNbkSolution.Layer(
        new Estimate(fit.value() / g / (norm * targetSquare), alignmentError),
        scaled(estimate.extrapolated(chain -> chain.layer(l).trace()), 1 / (g * points)),
        new Estimate(norm, normError),
        kernelError);
  }

  private static Predictor predictor(
      AdaptiveProblem problem, InputFactor input, SaddleSampler sampler) {
    NetworkSpec network = problem.network();
    return network.hiddenLayers() == 1
        ? sampler.chains().neurons(problem, input)
        : new DeepPredictor(
            network,
            input,
            problem.trainTargets().toArray(),
            Populations.harvest(problem.options(), sampler.chains()),
            sampler.chains().jitter());
  }

  private static Estimate scaled(
      Estimate estimate, double factor) {
    return new Estimate(estimate.value() * factor, estimate.error() * factor);
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
