package org.richkernel.bayes.critical;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;

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
   * Finds the kernels and predicts at other points.
   *
   * @param network the network of the problem, whose input layer the other points pass
   * @param train inputs of the problem
   * @param test other inputs, zero rows for none
   * @return empty if a stop was asked for
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
    Gathered all = new Gathered(problem, prior);
    for (int r = 0; r < REPLICAS; r++) {
      try (MapReplica replica = new MapReplica(backend, problem, prior, options, r)) {
        replica.solve(options.maxIterations(), control.stop());
        if (control.stop().isRaised()) {
          return Optional.empty();
        }
        all.add(replica, cross, variance, options.seed(), r);
        control
            .listener()
            .progress(
                new Progress(
                    "forward-backward N=" + problem.width(),
                    Math.sqrt(problem.chi() / problem.width()),
                    r + 1,
                    REPLICAS,
                    Double.NaN,
                    replica.residual()));
      }
    }
    return Optional.of(all.solution(options));
  }

  /** Collects the replicas. */
  private static final class Gathered {
    private final FiniteWidthProblem problem;
    private final KernelStack prior;
    private final List<List<double[]>> kernels = new ArrayList<>();
    private final List<List<double[]>> conjugate = new ArrayList<>();
    private final List<double[]> duals = new ArrayList<>();
    private final List<double[]> predictions = new ArrayList<>();
    private double residual;
    private double effectiveShare = 1;
    private double tilt;
    private int passes;

    Gathered(FiniteWidthProblem problem, KernelStack prior) {
      this.problem = problem;
      this.prior = prior;
      for (int l = 0; l <= problem.layers(); l++) {
        kernels.add(new ArrayList<>());
        conjugate.add(new ArrayList<>());
      }
    }

    void add(MapReplica replica, double[] cross, double[] variance, long seed, int index) {
      for (int l = 0; l <= problem.layers(); l++) {
        kernels.get(l).add(replica.kernels().get(l));
        conjugate.get(l).add(replica.conjugate().get(l));
        if (l < problem.layers()) {
          tilt =
              Math.max(
                  tilt,
                  TiltBound.of(
                      problem.activation(),
                      replica.kernels().get(l),
                      replica.conjugate().get(l + 1),
                      problem.points(),
                      problem.weight()[l] / problem.width()));
        }
      }
      residual = Math.max(residual, replica.residual());
      effectiveShare = Math.min(effectiveShare, replica.effectiveShare());
      passes = Math.max(passes, replica.passes());
      duals.add(replica.dual());
      predictions.add(replica.predict(cross, variance, seed, index));
    }

    MapSolution solution(MapOptions options) {
      int layers = problem.layers();
      List<double[]> start = new ArrayList<>();
      List<double[]> change = new ArrayList<>();
      List<Double> error = new ArrayList<>();
      List<double[]> pulls = new ArrayList<>();
      for (int l = 0; l <= layers; l++) {
        double[] before = prior.covariance(l);
        double[] moved = KernelAdaptation.mean(kernels.get(l));
        for (int i = 0; i < moved.length; i++) {
          moved[i] -= before[i];
        }
        start.add(before);
        change.add(moved);
        error.add(KernelAdaptation.norm(KernelAdaptation.standardError(kernels.get(l))));
        pulls.add(KernelAdaptation.mean(conjugate.get(l)));
      }
      KernelAdaptation adaptation = new KernelAdaptation(start, change, error, pulls);
      double kernelError = error.get(layers) / KernelAdaptation.norm(adaptation.covariance(layers));
      boolean converged =
          residual <= MapReplica.ACCURACY
              && effectiveShare >= LEAST_SHARE
              && tilt < LARGEST_TILT
              && kernelError <= options.tolerance();
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
}
