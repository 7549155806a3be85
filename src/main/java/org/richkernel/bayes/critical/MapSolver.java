package org.richkernel.bayes.critical;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.sampling.IndependentEstimates;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.Stages;

/**
 * The kernels of maximum a posteriori of a network of finite width, all layers at once
 * (arXiv:2405.10761). With C^0 the covariance of the inputs:
 *
 * <pre>  Ct^L = (chi V V^T - K (C^L + kappa)^{-1}) / 2,      V = (C^L + kappa)^{-1} Y,
 *   C^{l+1} = g_b + g E[phi phi^T]   under N(h; 0, C^l) exp(U_l),  U_l = (g / N) phi^T Ct^{l+1} phi,
 *   Ct^l = N d/dC^l ln E_{N(0, C^l)} exp(U_l).</pre>
 *
 * <p>The averages are importance sampled from the prior, which is valid for a weak tilt (P much
 * less than N). The solution contains tests of this: the effective fraction of the samples, the
 * growth rate of the tilt for unbounded activations, and the spread of independent replicas.
 */
public final class MapSolver {
  /** Number of independent sets of samples, whose spread gives the error. */
  public static final int REPLICAS = 8;

  /** Smallest accepted effective fraction of the samples. */
  public static final double LEAST_SHARE = 0.2;

  /** Largest growth rate of the tilt at which the weights have a finite variance. */
  public static final double LARGEST_TILT = 0.5;

  static final String LESS_MEMORY = "lower samples or the number of training points";

  private MapSolver() {}

  /**
   * Peak memory of {@link #solve}.
   *
   * @param others number of points for predictions
   */
  public static MemoryPlan plan(FiniteWidthProblem problem, MapOptions options, int others) {
    long kernel = 8L * problem.points() * problem.points();
    int points = problem.points();
    MemoryPlan layer = TiltedLayer.plan(points, options.samples(), OtherPointsPass.panel(others));
    return ConjugateKernel.plan(layer, points, problem.targets().outputs())
        .addHost(8L * others * problem.points())
        .addHost(kernel * (4 + 2 * REPLICAS) * (problem.layers() + 1L));
  }

  /**
   * Finds the kernels and predicts at other points. A checkpoint holds the solved replicas and the
   * kernels of the present one between two passes.
   *
   * @param network of the problem, for the input layer at the other points
   * @param train inputs of the problem
   * @param test other inputs, zero rows for none
   * @return empty if a stop was requested; the checkpoint then holds the state
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if the plan does not
   *     fit
   */
  public static Optional<MapSolution> solve(
      Backend backend,
      FiniteWidthProblem problem,
      NetworkSpec network,
      Inputs train,
      Inputs test,
      MapOptions options,
      RunControl control) {
    double[] cross = FiniteWidthProblem.covariance(network, test, train);
    double[] variance = FiniteWidthProblem.variance(network, test);
    return solve(backend, problem, cross, variance, options, control);
  }

  /**
   * The same with covariances.
   *
   * @param cross input covariance of other points with the training points, Q x P
   * @param variance input variance of the other points, Q
   */
  static Optional<MapSolution> solve(
      Backend backend,
      FiniteWidthProblem problem,
      double[] cross,
      double[] variance,
      MapOptions options,
      RunControl control) {
    plan(problem, options, variance.length).requireFits(backend, LESS_MEMORY);
    KernelStack prior = KernelStack.prior(problem);
    Stages stages = new Stages(control);
    List<SolvedReplica> replicas = new ArrayList<>();
    for (int r = 0; r < REPLICAS; r++) {
      int index = r;
      Optional<SolvedReplica> solved =
          stages.next(
              SolvedReplica.Form.FORM,
              own -> {
                try (MapReplica replica =
                    new MapReplica(backend, problem, prior, options, variance.length, index)) {
                  return replica.solve(options.maxIterations(), own)
                      ? Optional.of(replica.solved(cross, variance))
                      : Optional.empty();
                }
              });
      if (solved.isEmpty()) {
        return Optional.empty();
      }
      replicas.add(solved.get());
    }
    return Optional.of(gathered(problem, prior, replicas, options));
  }

  private static MapSolution gathered(
      FiniteWidthProblem problem,
      KernelStack prior,
      List<SolvedReplica> replicas,
      MapOptions options) {
    int layers = problem.layers();
    List<double[]> start = new ArrayList<>();
    List<double[]> change = new ArrayList<>();
    List<Double> error = new ArrayList<>();
    List<double[]> pulls = new ArrayList<>();
    for (int l = 0; l <= layers; l++) {
      int layer = l;
      IndependentEstimates kernels = estimates(replicas, r -> r.kernels().get(layer));
      double[] before = prior.covariance(l);
      double[] moved = kernels.mean();
      for (int i = 0; i < moved.length; i++) {
        moved[i] -= before[i];
      }
      start.add(before);
      change.add(moved);
      error.add(KernelAdaptation.norm(kernels.standardError()));
      pulls.add(estimates(replicas, r -> r.conjugate().get(layer)).mean());
    }
    double residual = 0;
    double effectiveShare = 1;
    double tilt = 0;
    int passes = 0;
    for (SolvedReplica replica : replicas) {
      residual = Math.max(residual, replica.residual());
      effectiveShare = Math.min(effectiveShare, replica.effectiveShare());
      tilt = Math.max(tilt, replica.tilt());
      passes = Math.max(passes, replica.passes());
    }
    KernelAdaptation adaptation = new KernelAdaptation(start, change, error, pulls);
    double kernelError = error.get(layers) / KernelAdaptation.norm(adaptation.covariance(layers));
    boolean converged =
        residual <= MapReplica.ACCURACY
            && effectiveShare >= LEAST_SHARE
            && tilt < LARGEST_TILT
            && kernelError <= options.tolerance();
    List<MapSolution.Replica> parts =
        replicas.stream()
            .map(r -> new MapSolution.Replica(r.kernels(), r.dual(), r.predictions()))
            .toList();
    IndependentEstimates duals = estimates(replicas, SolvedReplica::dual);
    IndependentEstimates predictions = estimates(replicas, SolvedReplica::predictions);
    return new MapSolution(
        adaptation,
        residual,
        kernelError,
        effectiveShare,
        tilt,
        passes,
        converged,
        duals.mean(),
        duals.standardError(),
        predictions.mean(),
        predictions.standardError(),
        parts);
  }

  private static IndependentEstimates estimates(
      List<SolvedReplica> replicas, Function<SolvedReplica, double[]> numbers) {
    return new IndependentEstimates(replicas.stream().map(numbers).toList());
  }
}
