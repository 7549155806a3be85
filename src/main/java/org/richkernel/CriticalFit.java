package org.richkernel;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.bayes.critical.FiniteWidthProblem;
import org.richkernel.bayes.critical.KernelAdaptation;
import org.richkernel.bayes.critical.MapOptions;
import org.richkernel.bayes.critical.MapPredictor;
import org.richkernel.bayes.critical.MapSolution;
import org.richkernel.data.Datasets;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.metrics.Scores;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.MonteCarlo;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.Summary;

/** A finished {@link CriticalNbk} with the NNGP beside it. */
public final class CriticalFit implements Fit {
  private final NetworkSpec network;
  private final FiniteWidthProblem problem;
  private final MapOptions options;
  private final MapSolution solution;
  private final KernelAdaptation response;
  private final LazyFit lazy;
  private final Points points;
  private final Datasets data;
  private final FitMeter meter;
  private final Map<String, Object> described;

  CriticalFit(
      NetworkSpec network,
      FiniteWidthProblem problem,
      MapOptions options,
      MapSolution solution,
      KernelAdaptation response,
      LazyFit lazy,
      Points points,
      Datasets data,
      FitMeter meter,
      Map<String, Object> described) {
    this.network = network;
    this.problem = problem;
    this.options = options;
    this.solution = solution;
    this.response = response;
    this.lazy = lazy;
    this.points = points;
    this.data = data;
    this.meter = meter;
    this.described = described;
  }

  /** Kernels of all layers with their certificate. */
  public MapSolution solution() {
    return solution;
  }

  /** The change of the kernels to first order in 1/N. */
  public KernelAdaptation linearResponse() {
    return response;
  }

  /** The NNGP fit of the same data with the same noise. */
  public LazyFit lazy() {
    return lazy;
  }

  @Override
  public boolean converged() {
    return solution.converged();
  }

  private double[] trainPredictions() {
    double[] f = points.trainTargets().toArray();
    for (int i = 0; i < f.length; i++) {
      f[i] -= problem.kappa() * solution.dual()[i];
    }
    return f;
  }

  @Override
  public Scores trainScores() {
    return Scores.of(points.trainTargets(), trainPredictions());
  }

  @Override
  public Optional<Scores> testScores() {
    return points.testTargets().map(y -> Scores.of(y, solution.testPredictions()));
  }

  @Override
  public Predictor predictor() {
    List<double[]> kernels = new ArrayList<>();
    for (int l = 0; l <= problem.layers(); l++) {
      kernels.add(solution.adaptation().covariance(l));
    }
    return new MapPredictor(
        network,
        problem,
        points.trainInputs(),
        kernels,
        solution.adaptation().conjugate(),
        options.samples(),
        options.seed());
  }

  /** Phi^l from C^l = bias + weight Phi^l. */
  private double[] feature(int layer) {
    double[] c = solution.adaptation().covariance(layer);
    double weight = problem.weight()[layer - 1];
    double bias = problem.bias()[layer - 1];
    for (int i = 0; i < c.length; i++) {
      c[i] = (c[i] - bias) / weight;
    }
    return c;
  }

  @Override
  public Result result(Map<String, ?> config, double ioSeconds) {
    Summary.Builder summary =
        Summary.builder("bayes", config)
            .backend(meter.backend())
            .seed(options.seed())
            .converged(converged())
            .iterations(solution.passes())
            .residual(solution.kernelError())
            .tolerance(options.tolerance())
            .monteCarlo(
                MonteCarlo.of(
                    options.samples(),
                    solution.effectiveShare() * options.samples(),
                    solution.kernelError()))
            .train(ResultParts.score(trainScores()))
            .lazyTrain(ResultParts.score(lazy.trainScores()))
            .peakBytes(
                ResultParts.host(meter.backend(), meter.peakBytes()),
                ResultParts.device(meter.backend(), meter.peakBytes()))
            .seconds("total", meter.seconds() + ioSeconds)
            .seconds("io", ioSeconds)
            .detail("method", "forward-backward")
            .detail("certificate", certificate())
            .detail("adaptation", adaptation());
    testScores()
        .ifPresent(
            scores ->
                summary.test(
                    ResultParts.score(scores)
                        .withLossStandardError(
                            ResultParts.lossError(
                                points.testTargets().orElseThrow().toArray(),
                                solution.testPredictions(),
                                solution.testSpread()))));
    lazy.testScores().ifPresent(scores -> summary.lazyTest(ResultParts.score(scores)));
    for (int l = 1; l <= problem.layers(); l++) {
      KernelMetrics metrics = KernelMetrics.of(feature(l), points.trainTargets());
      summary.layer(LayerSummary.of(l, metrics.alignment(), metrics.trace(), metrics.frobenius()));
    }
    return arrays(summary.build());
  }

  private Map<String, Object> certificate() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("mismatch", solution.residual());
    map.put("relativeKernelError", solution.kernelError());
    map.put("effectiveShare", solution.effectiveShare());
    map.put("tiltGrowthRate", solution.tilt());
    return map;
  }

  private List<Map<String, Object>> adaptation() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int l = 1; l <= problem.layers(); l++) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("layer", l);
      row.put("relativeChange", solution.adaptation().relativeChange(l));
      row.put("change", solution.adaptation().changeNorm(l));
      row.put("changeStandardError", solution.adaptation().changeError().get(l));
      row.put("linearResponse", response.changeNorm(l));
      row.put("linearResponseStandardError", response.changeError().get(l));
      rows.add(row);
    }
    return rows;
  }

  private Result arrays(Summary summary) {
    int p = points.trainInputs().rows();
    int outputs = points.trainTargets().outputs();
    Result result =
        ResultParts.predictions(summary, points, trainPredictions(), solution.testPredictions());
    for (int l = 1; l <= problem.layers(); l++) {
      result = result.with("phi_" + l, feature(l), p, p);
      result = result.with("phi_lazy_" + l, lazy.solution().gram().feature(l), p, p);
      result = result.with("response_" + l, response.change().get(l), p, p);
    }
    result = ResultParts.with(result, "v", solution.dual(), outputs);
    if (points.testTargets().isPresent()) {
      result = ResultParts.with(result, "f_test_lazy", lazy.solution().testPredictions(), outputs);
      result = ResultParts.with(result, "f_test_standard_error", solution.testSpread(), outputs);
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
    save(folder, described, 0);
  }
}
