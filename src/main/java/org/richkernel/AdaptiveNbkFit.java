package org.richkernel;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.Certificate;
import org.richkernel.bayes.ChainDiagnostics;
import org.richkernel.bayes.LinearSaddle;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.bayes.Search;
import org.richkernel.compute.BackendInfo;
import org.richkernel.data.Datasets;
import org.richkernel.metrics.Scores;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.network.Targets;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.MonteCarlo;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.Score;
import org.richkernel.result.Summary;

/** A finished {@link AdaptiveNbk} with the NNGP beside it. */
public final class AdaptiveNbkFit implements Fit {
  private final NetworkSpec network;
  private final SaddleOptions options;
  private final AdaptiveNbkSolution solution;
  private final Search.Outcome outcome;
  private final LazyFit lazy;
  private final Points points;
  private final Datasets data;
  private final BackendInfo backend;
  private final long peakBytes;
  private final double seconds;

  AdaptiveNbkFit(
      NetworkSpec network,
      Search.Outcome outcome,
      LazyFit lazy,
      Points points,
      Datasets data,
      BackendInfo backend,
      long peakBytes,
      double seconds) {
    this.network = network;
    this.outcome = outcome;
    this.options = outcome.options();
    this.solution = outcome.solution();
    this.lazy = lazy;
    this.points = points;
    this.data = data;
    this.backend = backend;
    this.peakBytes = peakBytes;
    this.seconds = seconds;
  }

  /** Kernels, certificate, predictions. */
  public AdaptiveNbkSolution solution() {
    return solution;
  }

  /** The path, starts and candidates that were solved for besides. */
  public Search.Outcome outcome() {
    return outcome;
  }

  /** The NNGP fit of the same data with the same noise. */
  public LazyFit lazy() {
    return lazy;
  }

  @Override
  public boolean converged() {
    return outcome.converged();
  }

  @Override
  public Scores trainScores() {
    return Scores.of(points.trainTargets(), solution.trainPredictions());
  }

  @Override
  public Optional<Scores> testScores() {
    return points.testTargets().map(y -> Scores.of(y, solution.testPredictions()));
  }

  /**
   * Standard error of the test loss that the Monte Carlo error of the predictions causes, to first
   * order and as if all points erred together; 0 for closed forms.
   */
  public double testLossError() {
    double[] spread = solution.testSpread();
    if (spread.length == 0 || points.testTargets().isEmpty()) {
      return 0;
    }
    double[] y = points.testTargets().get().toArray();
    return ResultParts.lossError(y, solution.testPredictions(), spread);
  }

  @Override
  public Predictor predictor() {
    return solution.predictor();
  }

  @Override
  public Result result(Map<String, ?> config, double ioSeconds) {
    Certificate certificate = solution.certificate();
    Summary.Builder summary =
        Summary.builder("bayes", config)
            .backend(backend)
            .seed(options.seed())
            .converged(converged())
            .iterations(solution.iterations())
            .residual(certificate.residual())
            .tolerance(options.tolerance())
            .train(ResultParts.score(trainScores()))
            .peakBytes(ResultParts.host(backend, peakBytes), ResultParts.device(backend, peakBytes))
            .seconds("total", seconds + ioSeconds)
            .seconds("io", ioSeconds)
            .lazyTrain(ResultParts.score(lazy.trainScores()));
    solution.seconds().forEach(summary::seconds);
    testScores()
        .ifPresent(
            scores -> {
              Score score = ResultParts.score(scores);
              summary.test(
                  solution.testSpread().length == 0
                      ? score
                      : score.withLossStandardError(testLossError()));
            });
    lazy.testScores().ifPresent(scores -> summary.lazyTest(ResultParts.score(scores)));
    if (!solution.chains().isEmpty()) {
      summary.monteCarlo(monteCarlo());
    }
    for (int l = 1; l <= solution.layers().size(); l++) {
      AdaptiveNbkSolution.Layer layer = solution.layers().get(l - 1);
      LayerSummary line =
          LayerSummary.of(
              l, layer.alignment().value(), layer.trace().value(), layer.frobenius().value());
      summary.layer(
          solution.chains().isEmpty()
              ? line
              : line.withStandardErrors(
                  layer.alignment().error(), layer.trace().error(), layer.frobenius().error()));
    }
    summary.detail("method", solution.method());
    summary.detail("stop", solution.stop().name().toLowerCase(java.util.Locale.ROOT));
    summary.detail("dualFit", estimate(solution.dualFit()));
    summary.detail("certificate", certificate(certificate));
    if (!solution.chains().isEmpty()) {
      summary.detail("chains", chains());
    }
    if (!solution.roots().isEmpty()) {
      summary.detail("roots", roots());
    }
    SearchTables tables = new SearchTables(outcome, points);
    tables.addTo(summary);
    return tables.addTo(arrays(summary.build()));
  }

  private Result arrays(Summary summary) {
    int p = points.trainInputs().rows();
    Result result =
        ResultParts.predictions(
            summary, points, solution.trainPredictions(), solution.testPredictions());
    for (int l = 1; l <= solution.kernels().size(); l++) {
      result = result.with("phi_" + l, solution.kernels().get(l - 1), p, p);
      result = result.with("phi_lazy_" + l, lazy.solution().gram().feature(l), p, p);
    }
    int outputs = points.trainTargets().outputs();
    result = ResultParts.with(result, "v", solution.dual(), outputs);
    if (points.testTargets().isPresent()) {
      result = ResultParts.with(result, "f_test_lazy", lazy.solution().testPredictions(), outputs);
      if (solution.testSpread().length > 0) {
        result = ResultParts.with(result, "f_test_standard_error", solution.testSpread(), outputs);
      }
    }
    for (Map.Entry<String, double[]> column : solution.history().entrySet()) {
      result =
          result.with("history_" + column.getKey(), column.getValue(), column.getValue().length);
    }
    return result;
  }

  /** Effective samples: independent preactivation draws behind the averages at S. */
  private MonteCarlo monteCarlo() {
    double effective = 0;
    for (ChainDiagnostics chain : solution.chains()) {
      if (chain.samples() == options.samples()) {
        effective += chain.samples() * chain.sweeps() / chain.autocorrelationTime();
      }
    }
    return MonteCarlo.of(
        options.samples(), effective, solution.layers().get(0).alignment().error());
  }

  private static Map<String, Object> estimate(AdaptiveNbkSolution.Estimate estimate) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("value", estimate.value());
    map.put("standardError", estimate.error());
    return map;
  }

  private static Map<String, Object> certificate(Certificate certificate) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("residual", certificate.residual());
    map.put("residualStandardError", certificate.residualError());
    map.put("equilibrium", certificate.equilibrium());
    map.put("equilibriumStandardError", certificate.equilibriumError());
    map.put("chainDisagreement", certificate.disagreement());
    map.put("largestShare", certificate.largestShare());
    map.put("effectiveSweeps", certificate.effectiveSweeps());
    if (certificate.layers().size() > 1) {
      map.put("layers", certificate.layers().stream().map(AdaptiveNbkFit::layer).toList());
    }
    return map;
  }

  private static Map<String, Object> layer(Certificate.Layer layer) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("layer", layer.layer());
    map.put("equilibrium", layer.equilibrium());
    map.put("equilibriumStandardError", layer.equilibriumError());
    map.put("chainDisagreement", layer.disagreement());
    return map;
  }

  private List<Map<String, Object>> chains() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (ChainDiagnostics chain : solution.chains()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("samples", chain.samples());
      row.put("step", chain.step());
      row.put("acceptance", chain.acceptance());
      row.put("autocorrelationTime", chain.autocorrelationTime());
      row.put("sweeps", chain.sweeps());
      rows.add(row);
    }
    return rows;
  }

  private List<Map<String, Object>> roots() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (LinearSaddle.Root root : solution.roots()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("t", root.t());
      row.put("action", root.action());
      row.put("chosen", rows.isEmpty());
      rows.add(row);
    }
    return rows;
  }

  /** Predictions of the kept neurons at the test points, beside those that average all sweeps. */
  public Optional<Targets> testTargets() {
    return points.testTargets();
  }

  @Override
  public void save(Path folder, Map<String, ?> config, double ioSeconds) {
    ModelSettings.write(folder, solution.predictor(), data, points.trainTargets().outputs());
    ResultFolder.write(folder, result(config, ioSeconds));
  }

  @Override
  public void save(Path folder) {
    ResultFolder.prepare(folder);
    save(folder, AdaptiveNbk.describe(network, options), 0);
  }
}
