package org.richkernel.fit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.richkernel.bayes.critical.FiniteWidthProblem;
import org.richkernel.bayes.critical.KernelAdaptation;
import org.richkernel.bayes.critical.MapOptions;
import org.richkernel.bayes.critical.MapPredictor;
import org.richkernel.bayes.critical.MapSolution;
import org.richkernel.data.Datasets;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.metrics.Scores;
import org.richkernel.model.ModelSettings;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.network.Targets;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.MonteCarlo;
import org.richkernel.result.Result;
import org.richkernel.result.SavedModel;
import org.richkernel.result.Score;
import org.richkernel.result.Summary;
import org.richkernel.sampling.IndependentEstimates;
import org.richkernel.sampling.LossError;

/** A finished critical NBK with the NNGP for comparison. */
public final class CriticalFit implements Fit {
  private final NetworkSpec network;
  private final FiniteWidthProblem problem;
  private final MapOptions options;
  private final MapSolution solution;
  private final KernelAdaptation response;
  private final BesideLazy beside;
  private final Points points;
  private final Datasets data;
  private final Map<String, Object> described;

  /** A solution with its linear response, and the NNGP of the same data. */
  public CriticalFit(
      NetworkSpec network,
      FiniteWidthProblem problem,
      MapOptions options,
      MapSolution solution,
      KernelAdaptation response,
      BesideLazy beside,
      Datasets data,
      Map<String, Object> described) {
    this.network = network;
    this.problem = problem;
    this.options = options;
    this.solution = solution;
    this.response = response;
    this.beside = beside;
    this.points = beside.points();
    this.data = data;
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
    return beside.lazy();
  }

  @Override
  public boolean converged() {
    return solution.converged();
  }

  private double[] trainPredictions() {
    return trainPredictions(solution.dual());
  }

  /** f = y - kappa v. */
  private double[] trainPredictions(double[] dual) {
    double[] f = points.trainTargets().toArray();
    for (int i = 0; i < f.length; i++) {
      f[i] -= problem.kappa() * dual[i];
    }
    return f;
  }

  @Override
  public Scores trainScores() {
    return beside.trainScores(trainPredictions());
  }

  @Override
  public Optional<Scores> testScores() {
    return beside.testScores(solution.testPredictions());
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

  private double[] feature(int layer) {
    return feature(layer, solution.adaptation().covariance(layer));
  }

  /** Phi^l from C^l = bias + weight Phi^l, in place. */
  private double[] feature(int layer, double[] c) {
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
        beside
            .summary("bayes", config, ioSeconds)
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
            .detail("method", "forward-backward")
            .detail("certificate", certificate())
            .detail("adaptation", adaptation());
    summary.train(
        withError(
            trainScores(),
            points.trainTargets(),
            trainPredictions(),
            parts(replica -> trainPredictions(replica.dual()))));
    testScores()
        .ifPresent(
            scores ->
                summary.test(
                    withError(
                        scores,
                        points.testTargets().orElseThrow(),
                        solution.testPredictions(),
                        parts(MapSolution.Replica::predictions))));
    for (int l = 1; l <= problem.layers(); l++) {
      summary.layer(layer(l));
    }
    return arrays(summary.build());
  }

  private List<double[]> parts(Function<MapSolution.Replica, double[]> numbers) {
    return solution.replicas().stream().map(numbers).toList();
  }

  private static Score withError(
      Scores scores, Targets y, double[] predictions, List<double[]> parts) {
    return ResultParts.score(scores)
        .withLossStandardError(LossError.of(y.toArray(), predictions, parts));
  }

  /** Numbers of the mean kernel; their errors are those of the mean over the replicas. */
  private LayerSummary layer(int l) {
    double[] own = metrics(feature(l));
    double[] error =
        new IndependentEstimates(
                parts(replica -> metrics(feature(l, replica.kernels().get(l).clone()))))
            .standardError();
    return LayerSummary.of(l, own[0], own[1], own[2])
        .withStandardErrors(error[0], error[1], error[2]);
  }

  private double[] metrics(double[] kernel) {
    KernelMetrics metrics = KernelMetrics.of(kernel, points.trainTargets());
    return new double[] {metrics.alignment(), metrics.trace(), metrics.frobenius()};
  }

  /** Standard errors of Phi^l, P x P. */
  private double[] featureError(int l) {
    return new IndependentEstimates(parts(replica -> feature(l, replica.kernels().get(l).clone())))
        .standardError();
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
    List<double[]> features =
        IntStream.rangeClosed(1, problem.layers()).mapToObj(this::feature).toList();
    Result result =
        beside.arrays(summary, trainPredictions(), solution.testPredictions(), features);
    for (int l = 1; l <= problem.layers(); l++) {
      result = result.with("phi_" + l + "_standard_error", featureError(l), p, p);
      result = result.with("response_" + l, response.change().get(l), p, p);
    }
    int outputs = points.trainTargets().outputs();
    result = ResultParts.with(result, "v", solution.dual(), outputs);
    result = ResultParts.with(result, "v_standard_error", solution.dualSpread(), outputs);
    IndependentEstimates train =
        new IndependentEstimates(parts(replica -> trainPredictions(replica.dual())));
    result = ResultParts.with(result, "f_train_standard_error", train.standardError(), outputs);
    return beside.withTests(result, solution.testSpread());
  }

  @Override
  public Map<String, Object> options() {
    return described;
  }

  @Override
  public Optional<SavedModel> model() {
    return Optional.of(ModelSettings.of(predictor(), data));
  }
}
