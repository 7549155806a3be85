package org.richkernel.bayes.sweep;

import java.util.Optional;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.ConvolutionPredictor;
import org.richkernel.bayes.InputFactor;
import org.richkernel.bayes.Populations;
import org.richkernel.bayes.SampledInputs;
import org.richkernel.bayes.SampledPredictor;
import org.richkernel.bayes.WellFinder;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.IndependentEstimates;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;

/**
 * Tests whether a solution of one hidden layer is the saddle point, by samples that have no part in
 * it.
 *
 * <p>In the solution's own populations v = (g Phi + kappa)^{-1} Y holds sample by sample, so its
 * residual vanishes wherever they are. Here M neurons are drawn independently of each other at the
 * tilt of the fitted v, N(h; 0, Sigma) exp(g gamma^2 |v^T phi|^2 / 2), from the prior on. With a =
 * v^T phi,
 *
 * <pre>  e = Y - kappa v - g &lt; phi a^T &gt;,     H dv = e,
 *   H = g &lt; phi phi^T &gt; + kappa + g^2 gamma^2 Cov(phi a^T),</pre>
 *
 * <p>one Newton step of the concave dual, and y.v is off by tr Y^T dv = tr z^T e with H z = Y. The
 * error of that number is the scatter of z^T phi a over blocks of neurons.
 *
 * <p>Neurons of a convolution are channels; phi phi^T and phi a^T are means over their pooled rows,
 * the sites of a flattened layer or their mean.
 *
 * <p>A correction that drifts, or is beyond its bounds, may be that of neurons that have not
 * arrived: they go on, up to four times as long, before the solution is refused.
 *
 * <p>Neurons that would refuse a solution are compared with as many that start where it has its
 * own. If they stay apart, the density has parts between which neurons do not move in that time,
 * such as the few condensed ones of a ReLU in many dimensions, and nothing is decided.
 *
 * <p>Neurons of a bounded activation jump between its wells ("Sampling the saddle and certifying
 * it", sections 3 and 4). In more dimensions than wells are looked for in ({@link
 * WellFinder#MOST_DIMENSIONS}) they may not fill them, and a correction cannot be told from that:
 * such an audit passes or is undecided.
 *
 * <p>Limits. Only the direction of Y is tested, in which the tilt amplifies faults of v most. A
 * well that neither the neurons nor the solution entered is seen by neither.
 */
public final class SaddleAudit {
  /** Name of the work in progress reports. */
  static final String PHASE = "audit";

  /** Sweeps of the first stage, and how many of them are averaged. */
  private static final int SWEEPS = 100;

  private static final int AVERAGED = SWEEPS - IndependentNeurons.SETTLED;

  /** Most stages; each takes the neurons on for as many sweeps as all before it together. */
  private static final int STAGES = 3;

  private final Backend backend;
  private final AdaptiveProblem problem;

  /**
   * @throws InvalidProblemException if solutions of the problem cannot be audited
   */
  public SaddleAudit(Backend backend, AdaptiveProblem problem) {
    if (problem.network().hiddenLayers() > 1) {
      throw unfit(
          "independent neurons exist for one hidden layer; "
              + (problem.network().convolutions().isEmpty()
                  ? "deeper networks have --cross-check, leave it out"
                  : "leave it out"));
    }
    if (problem.network().activation().equals(Activation.LINEAR)) {
      throw unfit("a linear network of one hidden layer has a closed form; leave it out");
    }
    if (!problem.options().extrapolates()) {
      throw unfit("the saddle point has infinite width; use determinant weight 0 or leave it out");
    }
    if (problem.options().gamma() == 0) {
      throw unfit("at gamma 0 the kernel has a closed form; leave it out");
    }
    this.backend = backend;
    this.problem = problem;
  }

  private static InvalidProblemException unfit(String mend) {
    return new InvalidProblemException("audit", "given", mend);
  }

  /** What {@link #solve} will hold at once. */
  public MemoryPlan plan() {
    int full = SampledInputs.largestRank(problem);
    MemoryPlan plan = plan(full);
    // at a lower rank fields are smaller, but there are the matrices of the jumps
    MemoryPlan withWells = plan(Math.min(full, WellFinder.MOST_DIMENSIONS));
    return plan.matrixBytes() < withWells.matrixBytes() ? withWells : plan;
  }

  private MemoryPlan plan(int rank) {
    return IndependentNeurons.plan(
        backend,
        problem.network(),
        problem.trainInputs().rows(),
        SampledInputs.sites(problem),
        rank,
        problem.trainTargets().outputs());
  }

  /**
   * Draws neurons at the tilt of a solution and measures.
   *
   * @param solution of the same problem
   * @return empty if a stop was asked for; nothing is kept of an audit then
   * @throws org.richkernel.compute.OutOfDeviceMemoryException if the plan does not fit; nothing was
   *     computed then
   */
  public Optional<AuditResult> solve(AdaptiveNbkSolution solution, RunControl control) {
    float[] fields = populations(solution).map(Populations::newest).orElse(new float[0]);
    return solve(solution.dual(), solution.dualFit(), fields, control);
  }

  private static Optional<Populations> populations(AdaptiveNbkSolution solution) {
    if (solution.predictor() instanceof ConvolutionPredictor convolution) {
      return Optional.of(convolution.populations());
    }
    return solution.predictor() instanceof SampledPredictor sampled
        ? sampled.populations()
        : Optional.empty();
  }

  /**
   * The same of numbers.
   *
   * @param v dual vector, row-major P x K
   * @param fit tr Y^T v with its error
   * @param fields whitened fields of neurons of the solution, row-major; empty if there are none
   */
  Optional<AuditResult> solve(double[] v, Estimate fit, float[] fields, RunControl control) {
    plan().requireFits(backend, "lower the number of training points");
    long start = System.nanoTime();
    InputFactor input = SampledInputs.factor(backend, problem);
    Optional<AuditResult> result = Optional.empty();
    try (IndependentNeurons neurons = new IndependentNeurons(backend, problem, input, v)) {
      for (int stage = 0; stage < STAGES; stage++) {
        int sweeps = SWEEPS << stage;
        int first = stage == 0 ? SWEEPS - AVERAGED : sweeps / 2;
        if (!run(neurons, first, sweeps, control)) {
          return Optional.empty();
        }
        result = Optional.of(result(neurons, fit, sweeps, start));
        // neurons that have run away do not come back
        if (result.get().outcome() == AuditResult.Outcome.PASSED
            || !Double.isFinite(result.get().z())) {
          break;
        }
      }
    }
    boolean refuses = result.map(r -> r.outcome() == AuditResult.Outcome.FAILED).orElse(false);
    if (!refuses || fields.length == 0 || !Double.isFinite(result.get().z())) {
      return result;
    }
    try (IndependentNeurons others = new IndependentNeurons(backend, problem, input, v)) {
      others.startFrom(fields);
      if (!run(others, SWEEPS - AVERAGED, SWEEPS, control)) {
        return Optional.empty();
      }
      AuditResult fromFit = result(others, fit, SWEEPS, start);
      return Optional.of(result.get().agreesWith(fromFit) ? result.get() : result.get().unmixed());
    }
  }

  private AuditResult result(IndependentNeurons neurons, Estimate fit, int sweeps, long start) {
    double[][] halves = corrections(neurons);
    int blocks = halves[0].length;
    double[] corrections = new double[blocks];
    double[] drift = new double[blocks];
    for (int b = 0; b < blocks; b++) {
      corrections[b] = (halves[0][b] + halves[1][b]) / 2;
      drift[b] = halves[1][b] - halves[0][b];
    }
    return new AuditResult(
        estimate(corrections),
        estimate(drift),
        fit,
        problem.options().tolerance(),
        neurons.fillWells(),
        IndependentNeurons.COUNT,
        sweeps,
        neurons.acceptance(),
        (System.nanoTime() - start) * 1e-9);
  }

  /** Corrections by half and block; not finite where neurons have run away and H is lost. */
  private static double[][] corrections(IndependentNeurons neurons) {
    try {
      return neurons.corrections();
    } catch (NotPositiveDefiniteException e) {
      return new double[][] {{Double.NaN, Double.NaN}, {Double.NaN, Double.NaN}};
    }
  }

  private static Estimate estimate(double[] blocks) {
    return new Estimate(
        IndependentEstimates.mean(blocks), IndependentEstimates.standardError(blocks));
  }

  /**
   * Moves neurons up to a number of sweeps and averages those after the first ones.
   *
   * @return false if a stop was asked for
   */
  private boolean run(IndependentNeurons neurons, int first, int sweeps, RunControl control) {
    neurons.forget();
    while (neurons.sweeps() < sweeps) {
      if (control.stop().isRaised()) {
        return false;
      }
      neurons.sweep();
      if (neurons.sweeps() > first) {
        neurons.measure(2 * (neurons.sweeps() - first) > sweeps - first ? 1 : 0);
      }
      control
          .listener()
          .progress(
              new Progress(
                  PHASE,
                  problem.options().gamma(),
                  neurons.sweeps(),
                  (long) SWEEPS << (STAGES - 1),
                  neurons.acceptance(),
                  Double.NaN));
    }
    return true;
  }
}
