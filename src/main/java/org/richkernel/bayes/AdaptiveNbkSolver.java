package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.MonteCarloSeries;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

/**
 * Solves an {@link AdaptiveProblem} by the method that fits it: the kernel at initialisation for
 * gamma = 0, the closed form for linear networks, sampling for one nonlinear hidden layer.
 */
public final class AdaptiveNbkSolver {
  private static final String LESS_MEMORY = "lower samples or the number of training points";

  private final Backend backend;
  private final AdaptiveProblem problem;

  /**
   * @throws InvalidProblemException if no method fits the problem
   */
  public AdaptiveNbkSolver(Backend backend, AdaptiveProblem problem) {
    this.backend = backend;
    this.problem = problem;
    if (problem.network().hiddenLayers() > 1 && !closedForm() && !initialKernel()) {
      throw new InvalidProblemException(
          "hidden-layers",
          problem.network().hiddenLayers(),
          "deeper networks than one hidden layer need activation linear (no biases), or"
              + " gamma 0");
    }
  }

  private boolean initialKernel() {
    return problem.options().gamma() == 0 && problem.options().extrapolates();
  }

  private boolean closedForm() {
    NetworkSpec network = problem.network();
    return network.activation() == Activation.LINEAR
        && problem.options().extrapolates()
        && (network.biasVariance() == 0 || network.hiddenLayers() == 1);
  }

  /** What {@link #solve} will hold at once. */
  public MemoryPlan plan() {
    int points = problem.trainInputs().rows();
    int outputs = problem.trainTargets().outputs();
    if (initialKernel()) {
      return InitialKernelSaddle.plan(backend, problem);
    }
    if (closedForm()) {
      return LinearSaddleSolver.plan(problem);
    }
    int width = problem.trainInputs().dimension() + (problem.network().biasVariance() > 0 ? 1 : 0);
    return SaddleSampler.plan(
        backend,
        problem.network().activation(),
        problem.options(),
        points,
        Math.min(points, width),
        outputs,
        problem.testInputs().rows());
  }

  /**
   * Finds the saddle point.
   *
   * @return empty if a stop was asked for; the checkpoint then holds the state
   * @throws org.richkernel.compute.OutOfDeviceMemoryException if the plan does not fit; nothing was
   *     computed then
   */
  public @Nullable AdaptiveNbkSolution solve(RunControl control) {
    plan().requireFits(backend, LESS_MEMORY);
    if (initialKernel()) {
      return InitialKernelSaddle.solve(backend, problem);
    }
    if (closedForm()) {
      return LinearSaddleSolver.solve(backend, problem);
    }
    return sample(control);
  }

  private @Nullable AdaptiveNbkSolution sample(RunControl control) {
    NetworkSpec network = problem.network();
    Inputs train = problem.trainInputs();
    Inputs test = problem.testInputs();
    InputFactor input =
        InputFactor.of(backend, network, train.toArray(), train.rows(), train.dimension());
    InputFactor.Coordinates coordinates =
        test.rows() == 0 ? null : input.coordinates(backend, test.toArray(), test.rows());
    try (SaddleSampler sampler =
        new SaddleSampler(
            backend,
            network.activation(),
            input,
            problem.trainTargets().toArray(),
            network.weightVariance(1),
            problem.options(),
            coordinates)) {
      StopReason stop = sampler.run(control);
      return stop == StopReason.INTERRUPTED ? null : solution(sampler, input, stop);
    }
  }

  private AdaptiveNbkSolution solution(SaddleSampler sampler, InputFactor input, StopReason stop) {
    SaddleEstimate estimate = sampler.estimate();
    double g = problem.network().weightVariance(1);
    double kappa = problem.options().kappa();
    double[] y = problem.trainTargets().toArray();
    int points = problem.trainInputs().rows();

    double[] kernel = estimate.kernel().clone();
    double square = 0;
    for (int i = 0; i < kernel.length; i++) {
      kernel[i] /= g;
      square += kernel[i] * kernel[i];
    }
    double norm = Math.sqrt(square);
    double targetSquare = 0;
    for (double value : y) {
      targetSquare += value * value;
    }
    // Alignment is a ratio: its value comes from the extrapolated kernel, its error from the ratio
    // of
    // each sweep's own numerator and norm.
    double alignmentError = estimate.extrapolated(SamplingChain::alignment).error();
    AdaptiveNbkSolution.Estimate fit = estimate.extrapolated(SamplingChain::kernelFit);
    AdaptiveNbkSolution.Layer layer =
        new AdaptiveNbkSolution.Layer(
            new AdaptiveNbkSolution.Estimate(
                fit.value() / g / (norm * targetSquare), alignmentError),
            scaled(estimate.extrapolated(SamplingChain::trace), 1 / (g * points)),
            new AdaptiveNbkSolution.Estimate(
                norm, estimate.extrapolated(SamplingChain::frobenius).error() / g));

    // f = Y - kappa v on the training points
    double[] train = y.clone();
    for (int i = 0; i < train.length; i++) {
      train[i] -= kappa * estimate.dual()[i];
    }
    double[][] testByChain = new double[SaddleSampler.CHAINS][];
    for (int c = 0; c < testByChain.length; c++) {
      testByChain[c] = estimate.extrapolated(c, SamplingChain::meanTestPrediction);
    }
    return new AdaptiveNbkSolution(
        stop,
        "sampled",
        sampler.iterations(),
        new Certificate(
            sampler.residual(),
            sampler.residualError(),
            sampler.equilibriumResidual(),
            sampler.equilibriumError(),
            sampler.disagreement(),
            sampler.largestShare(),
            sampler.effectiveSweeps()),
        List.of(kernel),
        List.of(layer),
        estimate.dual(),
        estimate.extrapolated(SamplingChain::dualFit),
        train,
        mean(testByChain),
        standardError(testByChain),
        NeuronHarvest.predictor(backend, problem, input, sampler),
        diagnostics(sampler),
        history(sampler),
        List.of(),
        sampler.seconds());
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
    for (SamplingChain[] chains : List.of(sampler.large(), sampler.small())) {
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
    MonteCarloSeries fit = sampler.large()[0].dualFit();
    columns.put("yv", fit.values());
    return columns;
  }
}
