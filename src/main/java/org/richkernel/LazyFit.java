package org.richkernel;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.richkernel.compute.BackendInfo;
import org.richkernel.data.Datasets;
import org.richkernel.lazy.LazySolution;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.metrics.Scores;
import org.richkernel.network.Predictor;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.Summary;

/** A finished {@link LazyRegression}. */
public final class LazyFit implements Fit {
  private final LazySolution solution;
  private final Points points;
  private final Datasets data;
  private final BackendInfo backend;
  private final long peakBytes;
  private final double seconds;
  private final Map<String, Object> options;

  LazyFit(
      LazySolution solution,
      Points points,
      Datasets data,
      BackendInfo backend,
      long peakBytes,
      double seconds,
      Map<String, Object> options) {
    this.solution = solution;
    this.points = points;
    this.data = data;
    this.backend = backend;
    this.peakBytes = peakBytes;
    this.seconds = seconds;
    this.options = options;
  }

  /** Kernels, coefficients and predictions. */
  public LazySolution solution() {
    return solution;
  }

  @Override
  public boolean converged() {
    return true;
  }

  @Override
  public Scores trainScores() {
    return solution.trainScores();
  }

  @Override
  public Optional<Scores> testScores() {
    return points.testTargets().map(solution::testScores);
  }

  @Override
  public Predictor predictor() {
    return solution.predictor();
  }

  @Override
  public Result result(Map<String, ?> config, double ioSeconds) {
    Summary.Builder summary =
        Summary.builder("lazy", config)
            .backend(backend)
            .converged(true)
            .iterations(0)
            .residual(solution.fit().residual())
            .train(ResultParts.score(trainScores()))
            .seconds("total", seconds + ioSeconds)
            .seconds("io", ioSeconds)
            .peakBytes(ResultParts.host(backend, peakBytes), ResultParts.device(backend, peakBytes))
            .detail("jitter", solution.fit().jitter())
            .detail("kernelTruncation", solution.gram().truncation());
    testScores().ifPresent(scores -> summary.test(ResultParts.score(scores)));
    if (config.get("seed") instanceof Number seed) {
      summary.seed(seed.longValue()); // for the record: no number depends on it
    }
    for (int l = 1; l <= solution.layerMetrics().size(); l++) {
      KernelMetrics metrics = solution.layerMetrics().get(l - 1);
      summary.layer(LayerSummary.of(l, metrics.alignment(), metrics.trace(), metrics.frobenius()));
    }
    Result result =
        ResultParts.predictions(
            summary.build(), points, solution.trainPredictions(), solution.testPredictions());
    int p = points.trainInputs().rows();
    for (int l = 1; l <= solution.layerMetrics().size(); l++) {
      result = result.with("phi_" + l, solution.gram().feature(l), p, p);
    }
    return solution.problem().kernel() == org.richkernel.lazy.KernelKind.NTK
        ? result.with("ntk", solution.gram().readout(), p, p)
        : result;
  }

  @Override
  public void save(Path folder, Map<String, ?> config, double ioSeconds) {
    ModelSettings.write(folder, solution.predictor(), data, points.trainTargets().outputs());
    ResultFolder.write(folder, result(config, ioSeconds));
  }

  @Override
  public void save(Path folder) {
    ResultFolder.prepare(folder);
    save(folder, options, 0);
  }
}
