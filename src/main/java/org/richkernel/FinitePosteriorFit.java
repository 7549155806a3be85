package org.richkernel;

import java.nio.file.Path;
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
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.MonteCarlo;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.Score;
import org.richkernel.result.Summary;

/** A sampled {@link FinitePosterior} with the NNGP beside it. */
public final class FinitePosteriorFit implements Fit {
  private final NetworkSpec network;
  private final LangevinOptions options;
  private final PosteriorSolution solution;
  private final LazyFit lazy;
  private final Points points;
  private final Datasets data;
  private final FitCost cost;

  FinitePosteriorFit(
      NetworkSpec network,
      LangevinOptions options,
      PosteriorSolution solution,
      LazyFit lazy,
      Points points,
      Datasets data,
      FitCost cost) {
    this.network = network;
    this.options = options;
    this.solution = solution;
    this.lazy = lazy;
    this.points = points;
    this.data = data;
    this.cost = cost;
  }

  /** Kernels, outputs and how well the chains have mixed. */
  public PosteriorSolution solution() {
    return solution;
  }

  /** The NNGP fit of the same data with the same noise. */
  public LazyFit lazy() {
    return lazy;
  }

  @Override
  public boolean converged() {
    return solution.converged();
  }

  @Override
  public Scores trainScores() {
    return Scores.of(points.trainTargets(), solution.trainOutputs());
  }

  @Override
  public Optional<Scores> testScores() {
    return points.testTargets().map(y -> Scores.of(y, solution.testOutputs()));
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
        Summary.builder("finite", config)
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
            .train(ResultParts.score(trainScores()))
            .lazyTrain(ResultParts.score(lazy.trainScores()));
    cost.addTo(summary, ioSeconds);
    summary.seconds("sampling", solution.seconds());
    testScores().ifPresent(scores -> summary.test(testScore(scores)));
    lazy.testScores().ifPresent(scores -> summary.lazyTest(ResultParts.score(scores)));
    for (int l = 1; l <= solution.layers().size(); l++) {
      LayerEstimate layer = solution.layers().get(l - 1);
      summary.layer(
          LayerSummary.of(l, layer.alignment(), layer.trace(), layer.frobenius())
              .withStandardErrors(
                  layer.alignmentError(), layer.traceError(), layer.frobeniusError()));
    }
    summary.detail("method", "langevin, readout " + name(options));
    summary.detail("stop", solution.stop().name().toLowerCase(Locale.ROOT));
    summary.detail("certificate", certificate(mixing));
    summary.detail("chains", chains());
    return arrays(summary.build());
  }

  private static String name(LangevinOptions options) {
    return options.readout().name().toLowerCase(Locale.ROOT);
  }

  private Score testScore(Scores scores) {
    Score score = ResultParts.score(scores);
    double[] y = points.testTargets().orElseThrow().toArray();
    return score.withLossStandardError(
        ResultParts.lossError(y, solution.testOutputs(), solution.testErrors()));
  }

  private static Map<String, Object> certificate(Mixing mixing) {
    Map<String, Object> map = new LinkedHashMap<>();
    putFinite(map, "splitRhat", mixing.splitRhat());
    putFinite(map, "effectiveSamples", mixing.effectiveSamples());
    putFinite(map, "kernelError", mixing.kernelError());
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
        ResultParts.predictions(summary, points, solution.trainOutputs(), solution.testOutputs());
    for (int l = 1; l <= solution.kernels().size(); l++) {
      result = result.with("phi_" + l, solution.kernels().get(l - 1), p, p);
      result = result.with("phi_lazy_" + l, lazy.solution().gram().feature(l), p, p);
      result =
          result.with("phi_" + l + "_standard_error", solution.kernelErrors().get(l - 1), p, p);
    }
    result = ResultParts.with(result, "v", solution.dual(), outputs);
    if (points.testTargets().isPresent()) {
      result = ResultParts.with(result, "f_test_lazy", lazy.solution().testPredictions(), outputs);
      result = ResultParts.with(result, "f_test_standard_error", solution.testErrors(), outputs);
    }
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
  public void save(Path folder, Map<String, ?> config, double ioSeconds) {
    ModelSettings.write(folder, predictor(), data, points.trainTargets().outputs());
    ResultFolder.write(folder, result(config, ioSeconds));
  }

  @Override
  public void save(Path folder) {
    ResultFolder.prepare(folder);
    save(folder, FinitePosterior.describe(network, options), 0);
  }
}
