package org.richkernel.lazy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.metrics.LayerSites;
import org.richkernel.network.Convolutions;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.UnresolvedKernelException;
import org.richkernel.solver.InterruptedRunException;
import org.richkernel.solver.StopSignal;

/** Fits a {@link LazyProblem}: kernels, ridge predictor, and predictions in panels. */
public final class LazySolver {
  private static final String TRAIN_PREDICTIONS = "train predictions";

  private final Backend backend;
  private final LazyProblem problem;
  private final KernelRecursion recursion;
  private final MemoryPlan matrices; // of the fit
  private final MemoryPlan plan; // of everything

  /**
   * Prepares a fit; computes the diagonals of the kernels, and from them the memory plan.
   *
   * @throws InvalidProblemException if a kernel overflows or the activation series does not
   *     converge; the message names the layer
   */
  public LazySolver(Backend backend, LazyProblem problem) {
    int points = problem.trainInputs().rows();
    if (points > LazyProblem.MAX_TRAINING_POINTS) {
      throw new InvalidProblemException(
          "training points",
          points,
          "use up to "
              + LazyProblem.MAX_TRAINING_POINTS
              + ", or the kernel in tiles (--form tiled)");
    }
    this.backend = backend;
    this.problem = problem;
    this.recursion =
        KernelRecursion.of(
            problem.network(), problem.kernel(), problem.trainInputs(), problem.testInputs());
    this.matrices = makePlan();
    this.plan =
        flattened()
            .map(flat -> MemoryPlan.largest(matrices, flat.plan(problem.trainInputs())))
            .orElse(matrices);
  }

  /** Peak memory of {@link #solve()}. */
  public MemoryPlan plan() {
    return plan;
  }

  /**
   * Computes the kernels, the coefficients and the predictions.
   *
   * @throws OutOfDeviceMemoryException if the plan does not fit; nothing was computed then
   * @throws NotPositiveDefiniteException if the kernel has a negative eigenvalue beyond rounding
   * @throws UnresolvedKernelException if rounding of the kernel is not small against kappa
   * @throws InvalidProblemException if a kernel is not finite; the message names the layer
   */
  public LazySolution solve() {
    return solveUnless(StopSignal.never());
  }

  /**
   * The same with a stop signal, which is checked at each block of rows.
   *
   * @return empty for a stop; nothing is kept then
   */
  public Optional<LazySolution> solve(StopSignal stop) {
    try {
      return Optional.of(solveUnless(stop));
    } catch (InterruptedRunException e) {
      return Optional.empty();
    }
  }

  private LazySolution solveUnless(StopSignal stop) {
    recursion.obey(stop);
    plan.requireFits(backend, "lower the number of training points");
    int points = problem.trainInputs().rows();
    int outputs = problem.trainTargets().outputs();
    long start = System.nanoTime();
    Optional<List<LayerSites>> pooledSites = pooledSites(stop);
    try (Workspace workspace = new Workspace(backend, matrices)) {
      recursion.uploadPoints(backend, workspace);
      LazyGram.Collector collector = new LazyGram.Collector(backend, points, sums());
      Matrix readout = recursion.trainTrain(backend, workspace, collector);
      LazyGram own = collector.finish(readout, recursion.truncation());
      LazyGram gram = pooledSites.map(own::withSites).orElse(own);
      // kernels and coefficients come to the host, so no work of the device is still under way
      long solving = System.nanoTime();

      // the slopes of the last layer are spent, so their matrix holds the Cholesky factor
      KernelRidge ridge =
          new KernelRidge(backend, workspace, workspace.get(KernelRecursion.SPARE), stop);
      RidgeFit fit = fit(ridge, readout);
      Map<String, Double> seconds = new LinkedHashMap<>();
      seconds.put("gram", (solving - start) * 1e-9);
      long predicting = System.nanoTime();
      seconds.put("solve", (predicting - solving) * 1e-9);

      double[] trainPredictions = new double[points * outputs];
      Matrix out = workspace.get(TRAIN_PREDICTIONS);
      ridge.predictTrain(out);
      backend.download(out, trainPredictions);
      double[] testPredictions =
          PanelPrediction.predict(backend, workspace, recursion, ridge.coefficients());
      long measuring = System.nanoTime();
      seconds.put("predict", (measuring - predicting) * 1e-9);
      List<KernelMetrics> metrics = layerMetrics(gram, stop);
      seconds.put("metrics", (System.nanoTime() - measuring) * 1e-9);
      return new LazySolution(
          problem, gram, metrics, fit, trainPredictions, testPredictions, seconds);
    }
  }

  /** Sums over sites where the recursion has the kernels of equal sites. */
  private Optional<SiteSums> sums() {
    return problem
        .network()
        .convolutions()
        .filter(network -> network.readout() == SiteReadout.FLATTEN)
        .map(this::sums);
  }

  private SiteSums sums(Convolutions network) {
    return new SiteSums(problem.trainTargets(), network.maps(problem.trainInputs().shape()));
  }

  /** The flattened network whose kernels of equal sites are those of a pooled one. */
  private Optional<LazyKernel> flattened() {
    NetworkSpec network = problem.network();
    return network
        .convolutions()
        .filter(pooled -> pooled.readout() == SiteReadout.GAP)
        .map(pooled -> network.withConvolutions(pooled.withReadout(SiteReadout.FLATTEN)))
        .map(flat -> new LazyKernel(flat, KernelKind.NNGP));
  }

  /** Sites of a pooled network, whose own recursion mixes them; a share 1/s of its cost. */
  private Optional<List<LayerSites>> pooledSites(StopSignal stop) {
    return flattened()
        .map(
            kernel -> {
              SiteSums sums = sums(problem.network().convolutions().orElseThrow());
              return kernel.gram(backend, problem.trainInputs(), Optional.of(sums), stop).sites();
            });
  }

  /** The ridge, refused where rounding of the kernel decides its result. */
  private RidgeFit fit(KernelRidge ridge, Matrix kernel) {
    // an eigenvalue is off by the rounding of all entries of a row
    double rounding = kernel.rows() * recursion.rounding();
    RidgeFit fit;
    try {
      fit =
          ridge.fit(
              problem.kernel().name() + " kernel", kernel, problem.kappa(), problem.trainTargets());
    } catch (NotPositiveDefiniteException e) {
      if (problem.kappa() > 0) {
        UnresolvedKernelException.requireSmall(problem.trainInputs(), rounding, problem.kappa());
      }
      throw e;
    }
    if (!fit.resolved()) {
      throw UnresolvedKernelException.ofPredictions(
          problem.trainInputs().meanSquare(), rounding, fit.rounding(), problem.kappa());
    }
    return fit;
  }

  private MemoryPlan makePlan() {
    int points = problem.trainInputs().rows();
    int outputs = problem.trainTargets().outputs();
    int tests = problem.testInputs().rows();
    MemoryPlan memory = new MemoryPlan();
    recursion.planPoints(memory);
    recursion.planTrainTrain(memory);
    KernelRidge.planWithoutFactor(memory, points, outputs);
    memory.add(TRAIN_PREDICTIONS, Precision.FLOAT64, points, outputs);
    PanelPrediction.plan(
        memory, recursion, PanelSize.of(backend, problem.trainInputs(), tests), outputs);
    memory.addHost(LazyGram.bytes(points, problem.network().hiddenLayers()));
    memory.addHost(8L * outputs * (3L * points + tests));
    return memory;
  }

  private List<KernelMetrics> layerMetrics(LazyGram gram, StopSignal stop) {
    List<KernelMetrics> metrics = new ArrayList<>();
    for (int l = 1; l <= gram.layers(); l++) {
      stop.check();
      metrics.add(KernelMetrics.of(gram.feature(l), problem.trainTargets()));
    }
    return List.copyOf(metrics);
  }
}
