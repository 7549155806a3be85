package org.richkernel.bayes.critical;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
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
 * <p>The averages are importance sampled from the prior, which is sound while the tilt is weak (P
 * much less than N). The solution says by itself where it is not: by the effective share of the
 * samples, by the growth rate of the tilt for activations without bound, and by the spread of
 * independent replicas.
 */
public final class MapSolver {
  /** Independent sets of samples whose spread is the error. */
  public static final int REPLICAS = 4;

  /** Below this effective share the weights are not to be trusted. */
  public static final double LEAST_SHARE = 0.2;

  /** Weights have a finite variance below this growth rate of the tilt. */
  public static final double LARGEST_TILT = 0.5;

  private MapSolver() {}

  /** What {@link #solve} holds at once. */
  public static MemoryPlan plan(FiniteWidthProblem problem, MapOptions options) {
    long kernel = 8L * problem.points() * problem.points();
    return TiltedLayer.plan(problem.points(), options.samples())
        .addHost(kernel * (4 + 2 * REPLICAS) * (problem.layers() + 1L));
  }

  /**
   * Finds the kernels and predicts at other points. A checkpoint holds the replicas that are solved
   * and the kernels between two passes of the one at hand.
   *
   * @param network the network of the problem, whose input layer the other points pass
   * @param train inputs of the problem
   * @param test other inputs, zero rows for none
   * @return empty if a stop was asked for; the checkpoint then holds the state
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
    KernelStack prior = KernelStack.prior(problem);
    Stages stages = new Stages(control);
    List<SolvedReplica> replicas = new ArrayList<>();
    for (int r = 0; r < REPLICAS; r++) {
      int index = r;
      Optional<SolvedReplica> solved =
          stages.next(
              SolvedReplica.Form.FORM,
              own -> {
                try (MapReplica replica = new MapReplica(backend, problem, prior, options, index)) {
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
      List<double[]> kernels = replicas.stream().map(r -> r.kernels().get(layer)).toList();
      double[] before = prior.covariance(l);
      double[] moved = KernelAdaptation.mean(kernels);
      for (int i = 0; i < moved.length; i++) {
        moved[i] -= before[i];
      }
      start.add(before);
      change.add(moved);
      error.add(KernelAdaptation.norm(KernelAdaptation.standardError(kernels)));
      pulls.add(
          KernelAdaptation.mean(replicas.stream().map(r -> r.conjugate().get(layer)).toList()));
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
    List<double[]> duals = replicas.stream().map(SolvedReplica::dual).toList();
    List<double[]> predictions = replicas.stream().map(SolvedReplica::predictions).toList();
    return new MapSolution(
        adaptation,
        residual,
        kernelError,
        effectiveShare,
        tilt,
        passes,
        converged,
        KernelAdaptation.mean(duals),
        KernelAdaptation.standardError(duals),
        KernelAdaptation.mean(predictions),
        KernelAdaptation.standardError(predictions));
  }
}
