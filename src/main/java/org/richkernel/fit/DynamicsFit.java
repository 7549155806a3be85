package org.richkernel.fit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.richkernel.data.Datasets;
import org.richkernel.dynamics.Approximation;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.dynamics.KernelCourse;
import org.richkernel.dynamics.LayerKernels;
import org.richkernel.metrics.Scores;
import org.richkernel.model.GivenPointsOnly;
import org.richkernel.model.ModelSettings;
import org.richkernel.network.Predictor;
import org.richkernel.network.Targets;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.MonteCarlo;
import org.richkernel.result.Result;
import org.richkernel.result.SavedModel;
import org.richkernel.result.Score;
import org.richkernel.result.Summary;
import org.richkernel.solver.StopReason;

/** Finished dynamics with its lazy limit for comparison. */
public final class DynamicsFit implements Fit {
  private final DynamicsSettings settings;
  private final DynamicsSolve.Solved solved;
  private final DynamicsCourse course;
  private final Points points;
  private final Datasets data;
  private final FitCost cost;

  /** The solves of resolved settings at some points. */
  public DynamicsFit(
      DynamicsSettings settings,
      DynamicsSolve.Solved solved,
      Points points,
      Datasets data,
      FitCost cost) {
    this.settings = settings;
    this.solved = solved;
    this.course = solved.course();
    this.points = points;
    this.data = data;
    this.cost = cost;
  }

  /** Training times eta t of the rows of {@link #outputs}. */
  public double[] time() {
    return course.time().clone();
  }

  /** f(t) - f(0) of all points, training points first, row-major times x (P + Q) x K. */
  public double[] outputs() {
    return course.outputs().clone();
  }

  /** Mean of (y - f)^2 over the training points, at each time. */
  public double[] trainLoss() {
    return course.trainLoss().clone();
  }

  /** Mean of (y - f)^2 over the test points, at each time; empty without test targets. */
  public double[] testLoss() {
    return course.testLoss().clone();
  }

  /** Kernels of all points at the recorded times, training points first. */
  public List<LayerKernels> kernels() {
    return course.kernels();
  }

  /** The limit gamma to 0 of the same training, {@link Approximation#STATIC_NTK}. */
  public DynamicsSolution lazy() {
    return solved.lazy();
  }

  /** The approximations that were solved beside the theory, with compare. */
  public Map<Approximation, DynamicsSolution> approximations() {
    return solved.approximations();
  }

  /** The reason for the end of the run and its step, in one line. */
  public String outcome() {
    return course.outcome();
  }

  @Override
  public boolean converged() {
    return course.reason() == StopReason.CONVERGED;
  }

  @Override
  public Scores trainScores() {
    return Scores.of(points.trainTargets(), course.trainOutputs());
  }

  @Override
  public Optional<Scores> testScores() {
    return points.testTargets().map(y -> Scores.of(y, course.testOutputs()));
  }

  @Override
  public Predictor predictor() {
    return course.predictor().orElseGet(() -> new GivenPointsOnly(settings.solver().id()));
  }

  @Override
  public Result result(Map<String, ?> config, double ioSeconds) {
    Summary.Builder summary =
        Summary.builder("dynamics", config)
            .data(data.origin())
            .seed(settings.options().seed())
            .converged(converged())
            .iterations(course.time().length - 1L)
            .train(score(trainScores(), course.trainLossError()))
            .detail("certificate", course.certificate());
    cost.addTo(summary, ioSeconds);
    course.residual().ifPresent(summary::residual);
    settings.effectiveTolerance().ifPresent(summary::tolerance);
    testScores().ifPresent(scores -> summary.test(score(scores, course.testLossError())));
    lazyScores(summary);
    int columns = KernelCourse.columns(course.problem(), course.kernels());
    int last = (course.kernels().size() - 1) * columns;
    for (int l = 1; l <= layers(); l++) {
      summary.layer(layer(l, last + l - 1));
    }
    if (columns > layers()) {
      summary.detail("tangentKernel", tangentKernel(last + layers()));
    }
    if (settings.samples()) {
      summary.monteCarlo(
          MonteCarlo.of(settings.options().samples(), Double.NaN, last(course.trainLossError())));
    }
    if (!solved.approximations().isEmpty()) {
      summary.detail("approximations", comparison());
    }
    return new DynamicsArrays(course, points)
        .of(summary.build(), solved.lazy(), solved.approximations());
  }

  private void lazyScores(Summary.Builder summary) {
    DynamicsSolution lazy = solved.lazy();
    int end = lazy.times() - 1;
    if (lazy.reason() != StopReason.CONVERGED) {
      return;
    }
    summary.lazyTrain(ResultParts.score(Scores.of(points.trainTargets(), lazy.trainOutputs(end))));
    points
        .testTargets()
        .ifPresent(y -> summary.lazyTest(ResultParts.score(Scores.of(y, lazy.testOutputs(end)))));
  }

  private static Score score(Scores scores, double[] errors) {
    return ResultParts.score(scores).withLossStandardError(last(errors));
  }

  private static double last(double[] values) {
    return values[values.length - 1];
  }

  private int layers() {
    return settings.network().hiddenLayers();
  }

  private LayerSummary layer(int layer, int at) {
    KernelCourse numbers = course.numbers();
    LayerSummary line =
        LayerSummary.of(
            layer, numbers.alignment()[at], numbers.trace()[at], numbers.frobenius()[at]);
    return course
        .numberErrors()
        .map(e -> line.withStandardErrors(e.alignment()[at], e.trace()[at], e.frobenius()[at]))
        .orElse(line);
  }

  private Map<String, Object> tangentKernel(int at) {
    Map<String, Object> numbers = new LinkedHashMap<>();
    numbers.put("alignment", course.numbers().alignment()[at]);
    course.numberErrors().ifPresent(e -> numbers.put("alignmentStandardError", e.alignment()[at]));
    numbers.put("trace", course.numbers().trace()[at]);
    course.numberErrors().ifPresent(e -> numbers.put("traceStandardError", e.trace()[at]));
    numbers.put("frobenius", course.numbers().frobenius()[at]);
    course.numberErrors().ifPresent(e -> numbers.put("frobeniusStandardError", e.frobenius()[at]));
    numbers.put("movement", course.numbers().movement()[at]);
    course.numberErrors().ifPresent(e -> numbers.put("movementStandardError", e.movement()[at]));
    return numbers;
  }

  /** The layers of the kernels before training. */
  public List<LayerSummary> lazyLayers() {
    KernelCourse start = solved.lazy().mean().course();
    List<LayerSummary> lines = new ArrayList<>();
    for (int l = 0; l < layers(); l++) {
      lines.add(
          LayerSummary.of(l + 1, start.alignment()[l], start.trace()[l], start.frobenius()[l]));
    }
    return lines;
  }

  /** Distance of each approximation from the theory, and reasons for missing ones. */
  private List<Map<String, Object>> comparison() {
    List<Map<String, Object>> rows = new ArrayList<>();
    solved
        .approximations()
        .forEach(
            (kind, solution) -> {
              Map<String, Object> row = new LinkedHashMap<>();
              row.put("name", kind.id());
              row.put("largestDeviation", largestDeviation(solution));
              row.put("kernelError", kernelError(solution));
              row.put("outcome", solution.outcome());
              rows.add(row);
            });
    solved.refusals().forEach((kind, why) -> rows.add(Map.of("name", kind.id(), "skipped", why)));
    return rows;
  }

  /** max |f - f_theory| over points and times that both reached. */
  private double largestDeviation(DynamicsSolution solution) {
    double[] f = solution.mean().outputs();
    double largest = 0;
    for (int i = 0; i < Math.min(f.length, course.outputs().length); i++) {
      largest = Math.max(largest, Math.abs(f[i] - course.outputs()[i]));
    }
    return largest;
  }

  /** Largest |Phi - Phi_theory| / |Phi_theory| of a layer at the last time that both recorded. */
  private double kernelError(DynamicsSolution solution) {
    int common = Math.min(solution.mean().kernels().size(), course.kernels().size());
    if (common == 0) {
      return Double.NaN;
    }
    LayerKernels theory = course.kernels().get(common - 1);
    LayerKernels other = solution.mean().kernels().get(common - 1);
    double largest = 0;
    for (int l = 0; l < layers(); l++) {
      double squares = 0;
      double total = 0;
      double[] phi = theory.feature().get(l);
      for (int i = 0; i < phi.length; i++) {
        double difference = other.feature().get(l)[i] - phi[i];
        squares += difference * difference;
        total += phi[i] * phi[i];
      }
      largest = Math.max(largest, Math.sqrt(squares / total));
    }
    return largest;
  }

  /** Name of a saved result among others, in lower case. */
  static String key(Approximation kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  /** Targets of the test points, if there were any. */
  public Optional<Targets> testTargets() {
    return points.testTargets();
  }

  @Override
  public Map<String, Object> options() {
    return settings.describe();
  }

  @Override
  public Optional<SavedModel> model() {
    return Optional.of(ModelSettings.of(predictor(), data));
  }
}
