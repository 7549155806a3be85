package org.richkernel.fit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.data.Datasets;
import org.richkernel.lazy.InducingFit;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazySolution;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.metrics.Scores;
import org.richkernel.model.ModelSettings;
import org.richkernel.network.Predictor;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.Result;
import org.richkernel.result.SavedModel;
import org.richkernel.result.Summary;

/** A finished lazy regression. */
public final class LazyFit implements Fit {
  private final LazySolution solution;
  private final Points points;
  private final Datasets data;
  private final FitCost cost;
  private final Map<String, Object> options;
  private final int kernelsUpTo;

  /** A solution, whose kernels are written up to {@code kernelsUpTo} points. */
  public LazyFit(
      LazySolution solution,
      Points points,
      Datasets data,
      FitCost cost,
      Map<String, Object> options,
      int kernelsUpTo) {
    this.solution = solution;
    this.points = points;
    this.data = data;
    this.cost = cost;
    this.options = options;
    this.kernelsUpTo = kernelsUpTo;
  }

  /** Kernels, coefficients and predictions. */
  public LazySolution solution() {
    return solution;
  }

  @Override
  public boolean converged() {
    return solution.converged();
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
            .data(data.origin())
            .converged(converged())
            .iterations(solution.inducing().map(InducingFit::iterations).orElse(0L))
            .residual(solution.fit().residual())
            .train(ResultParts.score(trainScores()))
            .detail("jitter", solution.fit().jitter())
            .detail("kernelTruncation", solution.gram().truncation())
            .detail("form", solution.form().id())
            .detail("kernelsSaved", savesKernels());
    if (solution.problem().kernel() == KernelKind.NTK && solution.gram().isKept()) {
      summary.detail("tangentKernel", tangentKernel());
    }
    solution
        .inducing()
        .ifPresent(
            fit -> summary.tolerance(fit.tolerance()).detail("approximation", approximation(fit)));
    cost.addTo(summary, ioSeconds);
    solution.seconds().forEach(summary::seconds);
    testScores().ifPresent(scores -> summary.test(ResultParts.score(scores)));
    if (config.get("seed") instanceof Number seed) {
      summary.seed(seed.longValue()); // for the record: no number depends on it
    }
    layers().forEach(summary::layer);
    Result result =
        ResultParts.predictions(
            summary.build(), points, solution.trainPredictions(), solution.testPredictions());
    result = SiteArrays.sites(result, "", solution.gram().sites());
    int p = points.trainInputs().rows();
    if (!savesKernels()) {
      return result;
    }
    for (int l = 1; l <= solution.layerMetrics().size(); l++) {
      result = result.with("phi_" + l, solution.gram().feature(l), p, p);
    }
    return solution.problem().kernel() == KernelKind.NTK
        ? result.with("ntk", solution.gram().readout(), p, p)
        : result;
  }

  /** The kernel that predicts, where it is none of the layers'. */
  private Map<String, Object> tangentKernel() {
    KernelMetrics numbers = KernelMetrics.of(solution.gram().readout(), points.trainTargets());
    Map<String, Object> detail = new LinkedHashMap<>();
    detail.put("alignment", numbers.alignment());
    detail.put("trace", numbers.trace());
    detail.put("frobenius", numbers.frobenius());
    return detail;
  }

  /** How far the predictions are from those of the ridge on all points. */
  private static Map<String, Object> approximation(InducingFit fit) {
    Map<String, Object> detail = new LinkedHashMap<>();
    detail.put("inducingPoints", fit.points());
    detail.put("trainDistanceBound", fit.bound());
    detail.put("trainDistanceBoundStandardError", fit.boundStandardError());
    detail.put("sampledRows", fit.sampledRows());
    detail.put("kernelRowsKept", fit.rowsKept());
    return detail;
  }

  private boolean savesKernels() {
    return solution.gram().isKept() && points.trainInputs().rows() <= kernelsUpTo;
  }

  /** The fitted network and data. */
  Datasets data() {
    return data;
  }

  /** Wall-clock seconds that the fit took. */
  double seconds() {
    return cost.seconds();
  }

  /** Alignment, trace and norm of the feature kernel of every hidden layer. */
  public List<LayerSummary> layers() {
    List<LayerSummary> layers = new ArrayList<>();
    for (KernelMetrics metrics : solution.layerMetrics()) {
      layers.add(
          LayerSummary.of(
              layers.size() + 1, metrics.alignment(), metrics.trace(), metrics.frobenius()));
    }
    return layers;
  }

  @Override
  public Map<String, Object> options() {
    return options;
  }

  @Override
  public Optional<SavedModel> model() {
    return Optional.of(ModelSettings.of(predictor(), data));
  }
}
