package org.richkernel.finite;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.sampling.BatchMeans;
import org.richkernel.sampling.SampledVector;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

/**
 * Posterior of a network of finite width, sampled in its weights: the experiment to compare the
 * static theories of feature learning with (Lauditi, Bordelon and Pehlevan, arXiv:2502.07998).
 *
 * <p>h^1 = sqrt(g_0 / D) W^0 x + sqrt(g_b) b^0, h^{l+1} = sqrt(g_l / N) W^l phi(h^l) + sqrt(g_b)
 * b^l, f = sqrt(g_L) w . phi(h^L) / (gamma N), all weights N(0, 1) a priori, and the likelihood
 * exp(-beta N gamma^2 / 2 sum (y - f)^2). The hidden weights are explicit, so the sampling is
 * independent of the marginal density over preactivations that the theories use. Directions of W^0
 * orthogonal to the training inputs keep their prior and are drawn for the test points. The sampler
 * is Hamiltonian Monte Carlo that integrates the prior exactly.
 */
public final class NetworkPosterior {
  private static final String LESS_MEMORY =
      "lower the width, the number of chains or of training points";

  /** Most floats of the networks kept for predictions. */
  private static final long MOST_KEPT = 16_000_000;

  private final Backend backend;
  private final PosteriorProblem problem;

  /** A posterior to be sampled on a backend. */
  public NetworkPosterior(Backend backend, PosteriorProblem problem) {
    this.backend = backend;
    this.problem = problem;
  }

  /** Peak memory of {@link #solve}. */
  public MemoryPlan plan() {
    return MemoryPlan.largest(
        PosteriorInputs.plan(problem), PosteriorSampler.plan(problem, layout(problem.rankBound())));
  }

  private WeightLayout layout(int rank) {
    NetworkSpec network = problem.network();
    return WeightLayout.of(
        problem.sites(),
        problem.options().width(),
        rank,
        network.biasVariance() > 0,
        problem.options().readout() == Readout.SAMPLED ? problem.outputs() : 0);
  }

  /**
   * Samples until the chains have mixed or the budget of sweeps is used up.
   *
   * @return empty if a stop was requested; the checkpoint then holds the state
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if the plan does not
   *     fit
   */
  public Optional<PosteriorSolution> solve(RunControl control) {
    plan().requireFits(backend, LESS_MEMORY);
    PosteriorInputs input = PosteriorInputs.of(backend, problem, layout(problem.rankBound()));
    try (PosteriorSampler sampler =
        new PosteriorSampler(backend, problem, layout(input.rank()), input)) {
      StopReason stop = sampler.run(control);
      return stop == StopReason.INTERRUPTED
          ? Optional.empty()
          : Optional.of(solution(sampler, input, stop));
    }
  }

  private PosteriorSolution solution(
      PosteriorSampler sampler, PosteriorInputs input, StopReason stop) {
    PosteriorAverages averages = sampler.averages();
    List<double[]> kernels = new ArrayList<>();
    List<double[]> errors = new ArrayList<>();
    List<LayerEstimate> layers = new ArrayList<>();
    for (int l = 1; l <= problem.network().hiddenLayers(); l++) {
      BatchMeans kernel = averages.kernel(l);
      kernels.add(kernel.mean());
      errors.add(SampledVector.ofChains(List.of(kernel)).standardError());
      layers.add(layer(kernel, problem.trainTargets()));
    }
    SampledVector dual = SampledVector.ofChains(List.of(averages.dual()));
    SampledVector train =
        dual.times(-problem.options().kappa())
            .plus(SampledVector.exact(problem.trainTargets().toArray()));
    List<PosteriorSolution.Chain> chains =
        sampler.chains().stream()
            .map(c -> new PosteriorSolution.Chain(c.step(), c.acceptance()))
            .toList();
    return new PosteriorSolution(
        stop,
        sampler.iterations(),
        sampler.measured(),
        sampler.mixing(),
        kernels,
        errors,
        layers,
        dual.value(),
        train,
        averages
            .testOutputs()
            .map(outputs -> SampledVector.ofChains(List.of(outputs)))
            .orElseGet(() -> SampledVector.exact(new double[0])),
        chains,
        dualFits(sampler),
        history(sampler),
        ensemble(sampler, input),
        sampler.seconds());
  }

  private static LayerEstimate layer(BatchMeans kernel, Targets targets) {
    KernelMetrics mean = KernelMetrics.of(kernel.mean(), targets);
    return new LayerEstimate(
        mean.alignment(),
        error(kernel, k -> KernelMetrics.of(k, targets).alignment()),
        mean.trace(),
        error(kernel, k -> KernelMetrics.of(k, targets).trace()),
        mean.frobenius(),
        error(kernel, k -> KernelMetrics.of(k, targets).frobenius()));
  }

  /** Standard error of a scalar of the mean kernel. */
  private static double error(BatchMeans kernel, ToDoubleFunction<double[]> number) {
    return SampledVector.ofChains(List.of(kernel), k -> new double[] {number.applyAsDouble(k)})
        .standardError()[0];
  }

  private NetworkEnsemble ensemble(PosteriorSampler sampler, PosteriorInputs input) {
    WeightLayout layout = layout(input.rank());
    long size = (long) layout.width() * layout.columns();
    int kept = (int) Math.max(1, Math.min(sampler.chains().size(), MOST_KEPT / size));
    List<NetworkEnsemble.Member> members = new ArrayList<>();
    for (WeightChain chain : sampler.chains().subList(0, kept)) {
      members.add(sampler.member(chain, 1.0 / kept));
    }
    return new NetworkEnsemble(
        problem.network(),
        problem.trainInputs().shape(),
        layout.width(),
        problem.outputs(),
        input.projector(),
        members);
  }

  private double[] dualFits(PosteriorSampler sampler) {
    int scalar = PosteriorAverages.dualFit(problem.network().hiddenLayers());
    int chains = sampler.chains().size();
    double[] fits = new double[Math.toIntExact(sampler.measured() * chains)];
    for (int c = 0; c < chains; c++) {
      double[] values = sampler.chains().get(c).scalar(scalar).values();
      for (int t = 0; t < values.length; t++) {
        fits[t * chains + c] = values[t];
      }
    }
    return fits;
  }

  private static Map<String, double[]> history(PosteriorSampler sampler) {
    List<double[]> rows = sampler.history();
    Map<String, double[]> columns = new LinkedHashMap<>();
    for (int c = 0; c < PosteriorSampler.HISTORY_COLUMNS.size(); c++) {
      double[] column = new double[rows.size()];
      for (int i = 0; i < column.length; i++) {
        column[i] = rows.get(i)[c];
      }
      columns.put(PosteriorSampler.HISTORY_COLUMNS.get(c), column);
    }
    return columns;
  }
}
