package org.richkernel.fit;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.richkernel.bayes.PathPoint;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.bayes.multiscale.LevelPrediction;
import org.richkernel.bayes.multiscale.ScaleSolution;
import org.richkernel.data.Datasets;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.metrics.Scores;
import org.richkernel.model.ModelSettings;
import org.richkernel.network.Predictor;
import org.richkernel.network.Targets;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.MonteCarlo;
import org.richkernel.result.Result;
import org.richkernel.result.SavedModel;
import org.richkernel.result.Summary;

/** A finished multi-scale NBK with the NNGP for comparison. */
public final class MultiScaleFit implements Fit {
  private final String level;
  private final SaddleOptions options;
  private final List<ScaleSolution> path;
  private final BesideLazy beside;
  private final Points points;
  private final Datasets data;
  private final Map<String, Object> described;

  /** The solutions of a path over chi, and the NNGP of the same data. */
  public MultiScaleFit(
      String level,
      SaddleOptions options,
      List<ScaleSolution> path,
      BesideLazy beside,
      Datasets data,
      Map<String, Object> described) {
    this.level = level;
    this.options = options;
    this.path = List.copyOf(path);
    this.beside = beside;
    this.points = beside.points();
    this.data = data;
    this.described = described;
  }

  /** All scales, in the requested order. */
  public List<ScaleSolution> path() {
    return path;
  }

  /** The scale that is scored and saved, the last. */
  public ScaleSolution last() {
    return path.get(path.size() - 1);
  }

  /** The NNGP fit of the same data with the same noise. */
  public LazyFit lazy() {
    return beside.lazy();
  }

  /** The level that is scored. */
  private LevelPrediction chosen() {
    return last().level(level);
  }

  @Override
  public boolean converged() {
    return path.stream().allMatch(scale -> scale.sampled().map(PathPoint::converged).orElse(true));
  }

  @Override
  public Scores trainScores() {
    return beside.trainScores(chosen().train());
  }

  @Override
  public Optional<Scores> testScores() {
    return beside.testScores(chosen().test());
  }

  /** Predictions of the chosen level; of tree level where one loop was sampled. */
  @Override
  public Predictor predictor() {
    Map<String, Predictor> known = last().predictors();
    Predictor own = known.get(level);
    return own != null ? own : known.get(ScaleSolution.TREE);
  }

  @Override
  public Result result(Map<String, ?> config, double ioSeconds) {
    Summary.Builder summary =
        beside
            .summary("bayes", config, ioSeconds)
            .seed(options.seed())
            .converged(converged())
            .tolerance(options.tolerance())
            .layer(layer())
            .detail("method", last().sampled().isPresent() ? "sampled" : "closed-form")
            .detail("scales", path.stream().map(this::scale).collect(Collectors.toList()));
    Optional<PathPoint> sampled = last().sampled();
    summary.iterations(
        path.stream().flatMap(s -> s.sampled().stream()).mapToLong(PathPoint::sweeps).sum());
    summary.residual(sampled.map(s -> s.certificate().residual()).orElse(0.0));
    sampled.ifPresent(
        s -> {
          double error = s.certificate().residualError();
          summary
              .residualStandardError(error)
              .monteCarlo(MonteCarlo.of(options.samples(), Double.NaN, error));
        });
    beside.scores(summary, chosen().onTrain(), chosen().onTest());
    return arrays(summary.build());
  }

  /** Numbers of the kernel, with their errors where it was sampled. */
  private LayerSummary layer() {
    KernelMetrics metrics = KernelMetrics.of(last().kernel(), points.trainTargets());
    LayerSummary line =
        LayerSummary.of(1, metrics.alignment(), metrics.trace(), metrics.frobenius());
    return last()
        .sampled()
        .map(s -> s.layers().get(0))
        .map(
            layer ->
                line.withStandardErrors(
                    layer.alignment().error(), layer.trace().error(), layer.frobenius().error()))
        .orElse(line);
  }

  /** The numbers of one scale. */
  private Map<String, Object> scale(ScaleSolution scale) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("chi", scale.chi());
    row.put("stationaryPoints", scale.stationaryPoints());
    double[] y = points.trainTargets().toArray();
    scale.levels().forEach((name, f) -> row.put(name, numbers(f, y)));
    scale.exactTrainLoss().ifPresent(loss -> row.put("posteriorTrainLoss", loss));
    scale.exactTestLoss().ifPresent(loss -> row.put("posteriorTestLoss", loss));
    scale
        .sampled()
        .ifPresent(
            s -> {
              row.put("converged", s.converged());
              row.put("sweeps", s.sweeps());
            });
    return row;
  }

  private Map<String, Object> numbers(LevelPrediction f, double[] y) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("trainDiscrepancy", f.trainDiscrepancy(y));
    if (f.trainError().length > 0) {
      row.put("trainDiscrepancyStandardError", f.trainDiscrepancyError(y));
    }
    row.put("trainLoss", beside.trainScores(f.train()).loss());
    if (f.trainError().length > 0) {
      row.put("trainLossStandardError", f.onTrain().lossError(y));
    }
    if (points.testTargets().isPresent()) {
      Targets targets = points.testTargets().get();
      double[] other = targets.toArray();
      row.put("testDiscrepancy", f.testDiscrepancy(other));
      row.put("testLoss", Scores.of(targets, f.test()).loss());
      if (f.testError().length > 0) {
        row.put("testDiscrepancyStandardError", f.testDiscrepancyError(other));
        row.put("testLossStandardError", f.onTest().lossError(other));
      }
    }
    return row;
  }

  private Result arrays(Summary summary) {
    Result result =
        beside.withTests(
            beside.arrays(summary, chosen().train(), chosen().test(), List.of(last().kernel())),
            chosen().testError());
    for (Map.Entry<String, LevelPrediction> entry : last().levels().entrySet()) {
      String suffix = entry.getKey().replace('-', '_');
      result = ResultParts.with(result, "f_train_" + suffix, entry.getValue().train(), 1);
      if (points.tested()) {
        result = ResultParts.with(result, "f_test_" + suffix, entry.getValue().test(), 1);
      }
    }
    return path.size() > 1 ? withPath(result) : result;
  }

  /** Discrepancies over chi, one array for each level: path_chi, path_train_tree, ... */
  private Result withPath(Result start) {
    int count = path.size();
    double[] y = points.trainTargets().toArray();
    Optional<double[]> other = points.testTargets().map(Targets::toArray);
    Result result =
        start.with("path_chi", path.stream().mapToDouble(ScaleSolution::chi).toArray(), count);
    for (String name : last().levels().keySet()) {
      String suffix = name.replace('-', '_');
      double[][] columns = new double[4][count];
      for (int i = 0; i < count; i++) {
        LevelPrediction f = path.get(i).level(name);
        columns[0][i] = f.trainDiscrepancy(y);
        columns[1][i] = f.trainDiscrepancyError(y);
        if (other.isPresent()) {
          columns[2][i] = f.testDiscrepancy(other.get());
          columns[3][i] = f.testDiscrepancyError(other.get());
        }
      }
      result =
          result
              .with("path_train_" + suffix, columns[0], count)
              .with("path_train_" + suffix + "_standard_error", columns[1], count);
      if (other.isPresent()) {
        result =
            result
                .with("path_test_" + suffix, columns[2], count)
                .with("path_test_" + suffix + "_standard_error", columns[3], count);
      }
    }
    return result;
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
