package org.richkernel.lazy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.metrics.Scores;
import org.richkernel.network.Targets;

/** The fit of a {@link LazyProblem}: kernels, coefficients, predictions and their metrics. */
public final class LazySolution {
  private final LazyProblem problem;
  private final LazyGram gram;
  private final List<KernelMetrics> layerMetrics;
  private final RidgeFit fit;
  private final double[] trainPredictions;
  private final double[] testPredictions;
  private final Map<String, Double> seconds;
  private final LazyPredictor predictor;
  private final @Nullable InducingFit inducing;

  LazySolution(
      LazyProblem problem,
      LazyGram gram,
      List<KernelMetrics> layerMetrics,
      RidgeFit fit,
      double[] trainPredictions,
      double[] testPredictions,
      Map<String, Double> seconds) {
    this(
        problem,
        gram,
        layerMetrics,
        fit,
        trainPredictions,
        testPredictions,
        seconds,
        new LazyPredictor(
            problem.network(), problem.kernel(), problem.trainInputs(), fit.coefficients()),
        null);
  }

  private LazySolution(
      LazyProblem problem,
      LazyGram gram,
      List<KernelMetrics> layerMetrics,
      RidgeFit fit,
      double[] trainPredictions,
      double[] testPredictions,
      Map<String, Double> seconds,
      LazyPredictor predictor,
      @Nullable InducingFit inducing) {
    this.problem = problem;
    this.gram = gram;
    this.layerMetrics = layerMetrics;
    this.fit = fit;
    this.trainPredictions = trainPredictions;
    this.testPredictions = testPredictions;
    this.seconds = seconds;
    this.predictor = predictor;
    this.inducing = inducing;
  }

  /**
   * A solution on inducing points.
   *
   * @param predictor the expansion in the inducing points
   * @param truncation of the activation series
   * @param train f at the training points, P x K, row-major
   * @param test f at the test points, rows x K, row-major
   */
  static LazySolution onInducingPoints(
      LazyProblem problem,
      LazyPredictor predictor,
      InducingFit inducing,
      double truncation,
      double[] train,
      double[] test,
      Map<String, Double> seconds) {
    RidgeFit fit =
        new RidgeFit(
            predictor.coefficients(),
            inducing.points(),
            predictor.outputs(),
            problem.kappa(),
            0,
            List.of(),
            inducing.residual(),
            0,
            0);
    LazyGram gram = LazyGram.notKept(problem.trainInputs().rows(), truncation);
    return new LazySolution(
        problem, gram, List.of(), fit, train, test, seconds, predictor, inducing);
  }

  /**
   * The same with predictions at the test points.
   *
   * @param predictions rows x K, row-major
   */
  LazySolution withTestPredictions(double[] predictions) {
    return new LazySolution(
        problem,
        gram,
        layerMetrics,
        fit,
        trainPredictions,
        predictions,
        seconds,
        predictor,
        inducing);
  }

  /** The solved problem. */
  public LazyProblem problem() {
    return problem;
  }

  /**
   * Phi^1..Phi^L and the readout kernel, where they were kept, and the truncation of the activation
   * series.
   */
  public LazyGram gram() {
    return gram;
  }

  /** Alignment, trace and norm of Phi^1..Phi^L, in this order. */
  public List<KernelMetrics> layerMetrics() {
    return layerMetrics;
  }

  /** The coefficients of the predictor, the jitter used, and the residual of the solve. */
  public RidgeFit fit() {
    return fit;
  }

  /** The fit on inducing points, where that is the form; the coefficients are theirs then. */
  public Optional<InducingFit> inducing() {
    return Optional.ofNullable(inducing);
  }

  /** The form that it was computed in. */
  public LazyForm form() {
    if (inducing != null) {
      return LazyForm.INDUCING;
    }
    return gram.isKept() ? LazyForm.DENSE : LazyForm.TILED;
  }

  /** Whether the requested system is solved. */
  public boolean converged() {
    return fit.converged() && (inducing == null || inducing.converged());
  }

  /** f at the training points, P x K, row-major; a copy. */
  public double[] trainPredictions() {
    return trainPredictions.clone();
  }

  /** f at the test points, rows x K, row-major; a copy. */
  public double[] testPredictions() {
    return testPredictions.clone();
  }

  /**
   * Wall-clock time of the kernels among the training points, "gram", the ridge, "solve", the
   * predictions, "predict", and the numbers of the kernels, "metrics".
   */
  public Map<String, Double> seconds() {
    return seconds;
  }

  /** Loss and accuracy on the training points. */
  public Scores trainScores() {
    return Scores.of(problem.trainTargets(), trainPredictions, terms());
  }

  /**
   * Loss and accuracy on the test points.
   *
   * @param targets test points x K
   */
  public Scores testScores(Targets targets) {
    return Scores.of(targets, testPredictions, terms());
  }

  private double terms() {
    LazyKernel kernel = new LazyKernel(problem.network(), problem.kernel());
    return Scores.terms(kernel.diagonal(predictor.trainInputs()), fit.coefficients());
  }

  /**
   * The sum of the magnitudes of the terms of a prediction, up to the size of the kernel.
   *
   * @param coefficients P x K, row-major
   */
  public double terms(double[] coefficients) {
    LazyKernel kernel = new LazyKernel(problem.network(), problem.kernel());
    return Scores.terms(kernel.diagonal(problem.trainInputs()), coefficients);
  }

  /** The predictor for new inputs, independent of the kernels held here. */
  public LazyPredictor predictor() {
    return predictor;
  }
}
