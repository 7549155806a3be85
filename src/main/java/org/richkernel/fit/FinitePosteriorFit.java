package org.richkernel.fit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.richkernel.data.Datasets;
import org.richkernel.finite.LangevinOptions;
import org.richkernel.finite.LayerEstimate;
import org.richkernel.finite.Mixing;
import org.richkernel.finite.PosteriorSolution;
import org.richkernel.metrics.Scores;
import org.richkernel.model.ModelSettings;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.MonteCarlo;
import org.richkernel.result.Result;
import org.richkernel.result.SavedModel;
import org.richkernel.result.Summary;
import org.richkernel.sampling.FailedCriterion;

/** A sampled posterior of finite networks with the NNGP for comparison. */
public final class FinitePosteriorFit implements Fit {
  private final NetworkSpec network;
  private final LangevinOptions options;
  private final PosteriorSolution solution;
  private final BesideLazy beside;
  private final Points points;
  private final Datasets data;

  /** The sampled chains, and the NNGP of the same data. */
  public FinitePosteriorFit(
      NetworkSpec network,
      LangevinOptions options,
      PosteriorSolution solution,
      BesideLazy beside,
      Datasets data) {
    this.network = network;
    this.options = options;
    this.solution = solution;
    this.beside = beside;
    this.points = beside.points();
    this.data = data;
  }

  /** Kernels, outputs and how well the chains have mixed. */
  public PosteriorSolution solution() {
    return solution;
  }

  /** The NNGP fit of the same data with the same noise. */
  public LazyFit lazy() {
    return beside.lazy();
  }

  @Override
  public boolean converged() {
    return solution.converged();
  }

  @Override
  public Scores trainScores() {
    return beside.trainScores(solution.trainOutputs());
  }

  @Override
  public Optional<Scores> testScores() {
    return beside.testScores(solution.testOutputs());
  }

  /** The last network of each chain, as many as are kept; more error than the test outputs. */
  @Override
  public Predictor predictor() {
    return solution.predictor();
  }

  @Override
  public Result result(Map<String, ?> config, double ioSeconds) {
    Mixing mixing = solution.mixing();
    Summary.Builder summary =
        beside
            .summary("finite", config, ioSeconds)
            .seed(options.seed())
            .converged(converged())
            .iterations(solution.sweeps())
            .residual(mixing.kernelError())
            .tolerance(options.tolerance())
            .monteCarlo(
                MonteCarlo.of(
                    solution.measured() * options.chains(),
                    mixing.effectiveSamples(),
                    mixing.kernelError()))
            .seconds("sampling", solution.seconds());
    beside.scores(summary, solution.train(), solution.test());
    for (int l = 1; l <= solution.layers().size(); l++) {
      LayerEstimate layer = solution.layers().get(l - 1);
      summary.layer(
          LayerSummary.of(l, layer.alignment(), layer.trace(), layer.frobenius())
              .withStandardErrors(
                  layer.alignmentError(), layer.traceError(), layer.frobeniusError()));
    }
    summary.detail("method", "langevin, readout " + name(options));
    summary.detail("stop", solution.stop().name().toLowerCase(Locale.ROOT));
    summary.detail("certificate", certificate());
    summary.detail("chains", chains());
    return arrays(summary.build());
  }

  private static String name(LangevinOptions options) {
    return options.readout().name().toLowerCase(Locale.ROOT);
  }

  /** The criteria that fail, in words; empty for a fit that converged. */
  public List<String> failures() {
    return FailedCriterion.texts(solution.mixing().failed(options.tolerance()));
  }

  private Map<String, Object> certificate() {
    Mixing mixing = solution.mixing();
    Map<String, Object> map = new LinkedHashMap<>();
    putFinite(map, "splitRhat", mixing.splitRhat());
    putFinite(map, "effectiveSamples", mixing.effectiveSamples());
    putFinite(map, "kernelError", mixing.kernelError());
    map.put("failures", failures());
    return map;
  }

  private static void putFinite(Map<String, Object> map, String key, double value) {
    if (Double.isFinite(value)) {
      map.put(key, value);
    }
  }

  private List<Map<String, Object>> chains() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (PosteriorSolution.Chain chain : solution.chains()) {
      rows.add(Map.of("step", chain.step(), "acceptance", chain.acceptance()));
    }
    return rows;
  }

  private Result arrays(Summary summary) {
    int p = points.trainInputs().rows();
    int outputs = points.trainTargets().outputs();
    Result result =
        beside.arrays(summary, solution.trainOutputs(), solution.testOutputs(), solution.kernels());
    for (int l = 1; l <= solution.kernels().size(); l++) {
      result =
          result.with("phi_" + l + "_standard_error", solution.kernelErrors().get(l - 1), p, p);
    }
    result = ResultParts.with(result, "v", solution.dual(), outputs);
    result = beside.withTests(result, solution.test().standardError());
    int chains = solution.chains().size();
    int sweeps = solution.dualFits().length / chains;
    result = result.with("history_yv", solution.dualFits(), sweeps, chains);
    for (Map.Entry<String, double[]> column : solution.history().entrySet()) {
      result =
          result.with("history_" + column.getKey(), column.getValue(), column.getValue().length);
    }
    return result;
  }

  @Override
  public Map<String, Object> options() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("method", "langevin");
    all.putAll(ModelSettings.describe(network));
    all.putAll(options.describe());
    return all;
  }

  @Override
  public Optional<SavedModel> model() {
    return Optional.of(ModelSettings.of(predictor(), data));
  }
}
