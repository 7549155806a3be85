package org.richkernel.study;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.richkernel.bayes.critical.AngularGrowth;
import org.richkernel.bayes.critical.CorrelationFixedPoint;
import org.richkernel.bayes.critical.EdgeOfChaos;
import org.richkernel.bayes.critical.FiniteWidthProblem;
import org.richkernel.bayes.critical.KernelAdaptation;
import org.richkernel.bayes.critical.LinearResponse;
import org.richkernel.bayes.critical.ResponseFunctions;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendInfo;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.DataOrigin;
import org.richkernel.data.Datasets;
import org.richkernel.fit.Points;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.result.MonteCarlo;
import org.richkernel.result.PeakMemory;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.Summary;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.Stages;
import org.richkernel.solver.StateForm;

/**
 * Response functions, depth scales and kernel adaptation over a sweep of the weight variance: how
 * feature learning grows towards the edge of chaos (Fischer et al., arXiv:2405.10761).
 *
 * <p>What grows without bound beyond the edge is the angle between points that are infinitely near
 * each other. Points of a data set differ: below the edge their angles are lost after a depth scale
 * xi_perp, beyond it their correlations after xi_c. So the adaptation to data is largest where xi
 * is of the order of L, and that place moves to the edge as the network gets deeper.
 *
 * @param network depth, activation and bias variance; its weight variances are swept
 * @param responses one for each weight variance, in order
 * @param critical the weight variance at which chi_perp = 1
 * @param adaptation the same sweep on a data set, where one was given
 */
public record PhaseDiagram(
    NetworkSpec network,
    List<ResponseFunctions> responses,
    double critical,
    Optional<Adaptation> adaptation) {

  /**
   * The response of the kernels to a data set.
   *
   * @param width N
   * @param beta inverse noise
   * @param samples S of each set of samples
   * @param seed key of the random streams
   */
  public record Settings(int width, double beta, int samples, long seed) {}

  /**
   * Linear response to a data set, one row for each weight variance.
   *
   * @param change |dC^l|_F / |C^l|_F, sweep x L
   * @param error its standard error
   * @param growth |dC^L|_F over the norm of the source of the last layer
   * @param angular growth of the angles of the data with equal sources, sweep x L, see {@link
   *     AngularGrowth}
   * @param settings of the computation
   * @param backend of the computation
   * @param memory most bytes held at once
   * @param checkpointSeconds wall-clock time that went into checkpoints
   * @param data where the points come from
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Adaptation(
      double[] change,
      double[] error,
      double[] growth,
      double[] angular,
      Settings settings,
      BackendInfo backend,
      PeakMemory memory,
      double checkpointSeconds,
      DataOrigin data) {}

  /**
   * The response at one weight variance.
   *
   * @param change |dC^l|_F / |C^l|_F, L
   * @param error its standard error
   * @param angular growth of the angles, L
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Point(double[] change, double[] error, double[] angular, double growth) {
    static Point of(FiniteWidthProblem problem, KernelAdaptation response) {
      double[] change = new double[problem.layers()];
      double[] error = new double[problem.layers()];
      for (int l = 1; l <= change.length; l++) {
        change[l - 1] = response.relativeChange(l);
        error[l - 1] = change[l - 1] * response.changeError().get(l) / response.changeNorm(l);
      }
      return new Point(
          change, error, AngularGrowth.of(problem), LinearResponse.growth(problem, response));
    }
  }

  /** Points of a sweep in a checkpoint. */
  private enum PointForm implements StateForm<Point> {
    FORM;

    @Override
    public void save(Point point, SolverState state) {
      state
          .put("change", point.change)
          .put("error", point.error)
          .put("angular", point.angular)
          .put("growth", point.growth);
    }

    @Override
    public Point restore(SolverState state) {
      return new Point(
          state.doubles("change"),
          state.doubles("error"),
          state.doubles("angular"),
          state.number("growth"));
    }
  }

  /**
   * The diagram without data.
   *
   * @param weightVariances any order, all within the stable region
   * @throws InvalidProblemException if the variance of a layer has no stable fixed point
   */
  public static PhaseDiagram of(NetworkSpec network, double[] weightVariances) {
    List<ResponseFunctions> responses = new ArrayList<>();
    for (double g : weightVariances) {
      responses.add(ResponseFunctions.of(network.activation(), g, network.biasVariance()));
    }
    return new PhaseDiagram(
        network,
        List.copyOf(responses),
        EdgeOfChaos.criticalWeightVariance(network.activation(), network.biasVariance()),
        Optional.empty());
  }

  private FiniteWidthProblem problem(Points points, double g, Settings settings) {
    if (points.trainInputs().rows() < 2) {
      throw new InvalidProblemException(
          "train-size", points.trainInputs().rows(), "angles need at least 2 training points");
    }
    return FiniteWidthProblem.of(
        network.withWeightVariance(g),
        settings.width(),
        1,
        1 / settings.beta(),
        points.trainInputs(),
        points.trainTargets());
  }

  /** Peak memory of {@link #on}. */
  public MemoryPlan plan(Datasets data, Settings settings) {
    return LinearResponse.plan(
        problem(Points.of(data), responses.get(0).weightVariance(), settings), settings.samples());
  }

  /**
   * The diagram with the response to a data set in standard scaling. A checkpoint holds the points
   * of the sweep that are finished.
   *
   * @return empty if a stop was requested; the checkpoint then holds the state
   */
  public Optional<PhaseDiagram> on(
      Datasets data, Settings settings, Backend backend, RunControl control) {
    Points points = Points.of(data);
    int layers = network.hiddenLayers();
    int count = responses.size();
    double[] change = new double[count * layers];
    double[] error = new double[count * layers];
    double[] growth = new double[count];
    double[] angular = new double[count * layers];
    Stages stages = new Stages(control);
    for (int i = 0; i < count; i++) {
      double g = responses.get(i).weightVariance();
      Optional<Point> found =
          stages.next(
              PointForm.FORM,
              own -> {
                FiniteWidthProblem problem = problem(points, g, settings);
                return Optional.of(
                    Point.of(
                        problem,
                        LinearResponse.solve(
                            backend, problem, settings.samples(), settings.seed())));
              });
      if (found.isEmpty()) {
        return Optional.empty();
      }
      Point point = found.get();
      System.arraycopy(point.change(), 0, change, i * layers, layers);
      System.arraycopy(point.error(), 0, error, i * layers, layers);
      System.arraycopy(point.angular(), 0, angular, i * layers, layers);
      growth[i] = point.growth();
      control
          .listener()
          .progress(
              new Progress(
                  String.format(Locale.ROOT, "weight variance %.4g", g),
                  Double.NaN,
                  i + 1,
                  count,
                  Double.NaN,
                  Double.NaN));
    }
    return Optional.of(
        new PhaseDiagram(
            network,
            responses,
            critical,
            Optional.of(
                new Adaptation(
                    change,
                    error,
                    growth,
                    angular,
                    settings,
                    backend.info(),
                    PeakMemory.of(backend),
                    control.checkpoints().seconds(),
                    data.origin()))));
  }

  /** Weight variances of the sweep. */
  public double[] weightVariances() {
    return responses.stream().mapToDouble(ResponseFunctions::weightVariance).toArray();
  }

  /**
   * The diagram as a result folder holds it: arrays weight_variance, fixed_point,
   * chi_perpendicular, chi_parallel, depth_perpendicular, depth_parallel, and of distinct points
   * correlation, chi_correlation, depth_correlation (one number for each weight variance),
   * growth_by_depth of nearby and growth_correlation of distinct points (sweep x L), and with data
   * adaptation, adaptation_standard_error, growth_angular (sweep x L) and growth_response. Without
   * data no backend computes and nothing is drawn, so the summary names neither it nor a seed.
   *
   * @param config the options to record, in order
   * @param seconds wall-clock time, of the reading too
   * @param readSeconds the part of it that the reading took
   */
  public Result result(Map<String, ?> config, double seconds, double readSeconds) {
    int count = responses.size();
    int layers = network.hiddenLayers();
    List<CorrelationFixedPoint> distinct =
        responses.stream().map(CorrelationFixedPoint::of).toList();
    double[] growth = new double[count * layers];
    double[] apart = new double[count * layers];
    for (int i = 0; i < count; i++) {
      for (int l = 1; l <= layers; l++) {
        growth[i * layers + l - 1] = responses.get(i).adaptationGrowth(l);
        apart[i * layers + l - 1] = distinct.get(i).adaptationGrowth(l);
      }
    }
    Summary.Builder summary =
        Summary.builder("phase", config)
            .converged(true)
            .seconds("total", seconds)
            .detail("criticalWeightVariance", critical)
            .detail("sweep", responses.stream().map(PhaseDiagram::row).toList());
    adaptation.ifPresent(
        on ->
            summary
                .data(on.data())
                .backend(on.backend())
                .seed(on.settings().seed())
                .monteCarlo(MonteCarlo.of(on.settings().samples(), Double.NaN, Double.NaN))
                .peakBytes(on.memory())
                .seconds("io", on.checkpointSeconds() + readSeconds));
    peak().ifPresent(row -> summary.detail("largestAdaptation", row));
    Result result =
        Result.of(summary.build())
            .with("weight_variance", weightVariances(), count)
            .with("fixed_point", column(responses, ResponseFunctions::fixedPoint), count)
            .with("chi_perpendicular", column(responses, ResponseFunctions::perpendicular), count)
            .with("chi_parallel", column(responses, ResponseFunctions::parallel), count)
            .with(
                "depth_perpendicular",
                column(responses, ResponseFunctions::perpendicularDepth),
                count)
            .with("depth_parallel", column(responses, ResponseFunctions::parallelDepth), count)
            .with("correlation", column(distinct, CorrelationFixedPoint::correlation), count)
            .with("chi_correlation", column(distinct, CorrelationFixedPoint::response), count)
            .with("depth_correlation", column(distinct, CorrelationFixedPoint::depth), count)
            .with("growth_by_depth", growth, count, layers)
            .with("growth_correlation", apart, count, layers);
    if (adaptation.isEmpty()) {
      return result;
    }
    Adaptation on = adaptation.get();
    return result
        .with("adaptation", on.change(), count, layers)
        .with("adaptation_standard_error", on.error(), count, layers)
        .with("growth_response", on.growth(), count)
        .with("growth_angular", on.angular(), count, layers);
  }

  private static <T> double[] column(List<T> rows, ToDoubleFunction<T> value) {
    return rows.stream().mapToDouble(value).toArray();
  }

  /** Where the readout kernel adapts most to the data, relative to its size. */
  private Optional<Map<String, Object>> peak() {
    if (adaptation.isEmpty()) {
      return Optional.empty();
    }
    int layers = network.hiddenLayers();
    double[] change = adaptation.get().change();
    int best = 0;
    for (int i = 1; i < responses.size(); i++) {
      if (change[(i + 1) * layers - 1] > change[(best + 1) * layers - 1]) {
        best = i;
      }
    }
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("weightVariance", responses.get(best).weightVariance());
    row.put("relativeChange", change[(best + 1) * layers - 1]);
    row.put("standardError", adaptation.get().error()[(best + 1) * layers - 1]);
    row.put("correlationDepth", CorrelationFixedPoint.of(responses.get(best)).depth());
    row.put("atEndOfSweep", best == 0 || best == responses.size() - 1);
    return Optional.of(row);
  }

  private static Map<String, Object> row(ResponseFunctions response) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("weightVariance", response.weightVariance());
    row.put("fixedPoint", response.fixedPoint());
    row.put("perpendicular", response.perpendicular());
    row.put("parallel", response.parallel());
    row.put("perpendicularDepth", response.perpendicularDepth());
    row.put("parallelDepth", response.parallelDepth());
    CorrelationFixedPoint distinct = CorrelationFixedPoint.of(response);
    row.put("correlation", distinct.correlation());
    row.put("correlationResponse", distinct.response());
    row.put("correlationDepth", distinct.depth());
    return row;
  }

  /**
   * Writes the result folder.
   *
   * @param config the options to record, in order
   * @param seconds as for {@link #result}
   * @param readSeconds as for {@link #result}
   * @throws java.io.UncheckedIOException if a file cannot be written; nothing half-written stays
   */
  public void save(Path folder, Map<String, ?> config, double seconds, double readSeconds) {
    ResultFolder.write(folder, result(config, seconds, readSeconds));
  }
}
