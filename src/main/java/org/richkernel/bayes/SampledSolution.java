package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.MonteCarloSeries;
import org.richkernel.sampling.SampleMean;
import org.richkernel.sampling.SampledVector;
import org.richkernel.solver.StopReason;

/** Builds the solution from the averages of a finished sampler. */
final class SampledSolution {
  private SampledSolution() {}

  static AdaptiveNbkSolution of(AdaptiveProblem problem, SaddleSampler sampler, StopReason stop) {
    SaddleEstimate estimate = sampler.estimate();
    double kappa = problem.options().kappa();
    double[] y = problem.trainTargets().toArray();
    List<double[]> kernels = new ArrayList<>();
    List<AdaptiveNbkSolution.Layer> layers = new ArrayList<>();
    if (!estimate.hasKernels()) {
      List<double[]> kept = sampler.chains().harvest().kernels();
      for (int l = 1; l <= problem.network().hiddenLayers(); l++) {
        double g = problem.network().weightVariance(l);
        int layer = l;
        layers.add(
            sampler
                .chains()
                .kernelSpread(l)
                .map(spread -> finiteLayer(estimate, layer, g, y, spread))
                .orElseGet(() -> dualLayer(estimate, layer, g, y)));
        if (!kept.isEmpty()) {
          kernels.add(divided(kept.get(l - 1), g));
        }
      }
    }
    for (int l = 1; estimate.hasKernels() && l <= problem.network().hiddenLayers(); l++) {
      double g = problem.network().weightVariance(l);
      double[] kernel = divided(estimate.kernel(l).clone(), g);
      kernels.add(kernel);
      layers.add(layer(estimate, l, kernel, g, y));
    }

    // f = Y - kappa v on the training points
    SampledVector dual = estimate.dual();
    SampledVector train = dual.times(-kappa).plus(SampledVector.exact(y));
    return new AdaptiveNbkSolution(
        stop,
        "sampled",
        sampler.iterations(),
        sampler.certificate(),
        kernels,
        layers,
        dual.value(),
        estimate.scalar(SamplingChain::dualFit),
        train,
        estimate.vector(SamplingChain::testPredictions),
        sampler.chains().harvest().predictor(problem),
        diagnostics(sampler),
        history(sampler),
        List.of(),
        sampler.seconds(),
        Optional.of(sampler.chains().form().readout()),
        problem.network().hiddenLayers() == 1
            ? Optional.empty()
            : Optional.of(sampler.chains().form().fields()),
        SiteFeatures.of(estimate, y, sampler.chains().harvest().input()));
  }

  /** Alignment, trace and norm of Phi of one layer. */
  private static AdaptiveNbkSolution.Layer layer(
      SaddleEstimate estimate, int l, double[] kernel, double g, double[] y) {
    double norm = Math.sqrt(Estimate.ofProduct(kernel, kernel).value());
    double targetSquare = Estimate.ofProduct(y, y).value();
    int points = (int) Math.round(Math.sqrt(kernel.length));
    // The norm is that of the extrapolated kernel, with the error of the norms of single sweeps.
    Estimate frobenius = estimate.scalar(chain -> chain.layer(l).frobenius()).times(1 / g);
    // The spread of few chains may be small by chance; the error of the norm is a lower bound.
    double kernelError = Math.max(estimate.kernelError(l) / g, frobenius.error());
    return numbers(
        estimate, l, g, points, targetSquare, frobenius.of(norm, frobenius.error()), kernelError);
  }

  /** The same in the dual form, with the norm averaged over the sweeps. */
  private static AdaptiveNbkSolution.Layer dualLayer(
      SaddleEstimate estimate, int l, double g, double[] y) {
    double targetSquare = Estimate.ofProduct(y, y).value();
    Estimate frobenius = estimate.scalar(chain -> chain.layer(l).frobenius()).times(1 / g);
    int points = y.length / estimate.outputs();
    return numbers(estimate, l, g, points, targetSquare, frobenius, frobenius.error());
  }

  /**
   * The same at finite width, where nothing is extrapolated: the norm is that of the mean kernel,
   * |&lt;Phi&gt;|^2 = &lt;|Phi|^2&gt; - spread.
   *
   * @param spread of g Phi around its mean, squared
   */
  private static AdaptiveNbkSolution.Layer finiteLayer(
      SaddleEstimate estimate, int l, double g, double[] y, SampleMean spread) {
    double targetSquare = Estimate.ofProduct(y, y).value();
    Estimate square =
        SaddleEstimate.mean(estimate.large(), chain -> chain.layer(l).frobenius().squared())
            .plus(spread.times(-1))
            .estimate();
    // at least its projection on the targets, which noise of a small norm might cross
    double least = estimate.scalar(chain -> chain.layer(l).fit()).value() / targetSquare;
    double norm = Math.max(Math.sqrt(Math.max(0, square.value())), least);
    Estimate frobenius = square.of(norm / g, square.error() / (2 * norm * g));
    int points = y.length / estimate.outputs();
    AdaptiveNbkSolution.Layer all =
        numbers(estimate, l, g, points, targetSquare, frobenius, frobenius.error());
    // the error of single sweeps knows nothing of that of the spread
    double value = all.alignment().value();
    double share = spread.standardError() / (2 * norm * norm);
    return new AdaptiveNbkSolution.Layer(
        all.alignment().of(value, Math.hypot(all.alignment().error(), share * value)),
        all.trace(),
        frobenius,
        all.kernelError());
  }

  private static AdaptiveNbkSolution.Layer numbers(
      SaddleEstimate estimate,
      int l,
      double g,
      int points,
      double targetSquare,
      Estimate frobenius,
      double kernelError) {
    double norm = frobenius.value();
    Estimate fit = estimate.scalar(chain -> chain.layer(l).fit());
    double ratio = fit.value() / g / norm;
    Estimate alignment = estimate.scalar(chain -> ratioDeviation(chain.layer(l), ratio));
    return new AdaptiveNbkSolution.Layer(
        alignment.of(ratio / targetSquare, alignment.error() / (g * norm * targetSquare)),
        estimate.scalar(chain -> chain.layer(l).trace()).times(1 / (g * points)),
        frobenius,
        kernelError);
  }

  private static double[] divided(double[] kernel, double g) {
    for (int i = 0; i < kernel.length; i++) {
      kernel[i] /= g;
    }
    return kernel;
  }

  /**
   * tr Y^T Phi Y - ratio |Phi|_F of every sweep, whose mean is a ratio of means to first order. The
   * mean of the ratios of single sweeps differs if the kernel fluctuates much.
   */
  private static MonteCarloSeries ratioDeviation(LayerAverages layer, double ratio) {
    double[] fits = layer.fit().values();
    double[] norms = layer.frobenius().values();
    MonteCarloSeries deviation = new MonteCarloSeries();
    for (int t = 0; t < fits.length; t++) {
      deviation.add(fits[t] - ratio * norms[t]);
    }
    return deviation;
  }

  private static List<ChainDiagnostics> diagnostics(SaddleSampler sampler) {
    double time = sampler.certificate().mixing().autocorrelationTime();
    List<ChainDiagnostics> all = new ArrayList<>();
    sampler
        .chains()
        .forEach(
            chain ->
                all.add(
                    new ChainDiagnostics(
                        chain.samples(),
                        chain.step(),
                        chain.acceptance(),
                        time,
                        chain.measured(),
                        sampler.chains().spread())));
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
