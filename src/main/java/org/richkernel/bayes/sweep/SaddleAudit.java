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
 * Test of a solution of one hidden layer by samples that are independent of it.
 *
 * <p>The populations of the solution satisfy v = (g Phi + kappa)^{-1} Y by construction, so this
 * residual vanishes even out of equilibrium. The audit draws M independent neurons at the tilt of
 * the fitted v, N(h; 0, Sigma) exp(g gamma^2 |v^T phi|^2 / 2), starting from the prior. With a =
 * v^T phi,
 *
 * <pre>  e = Y - kappa v - g &lt; phi a^T &gt;,     H dv = e,
 *   H = g &lt; phi phi^T &gt; + kappa + g^2 gamma^2 Cov(phi a^T),</pre>
 *
 * <p>one Newton step of the concave dual, and the error of y.v is tr Y^T dv = tr z^T e with H z =
 * Y. Its standard error follows from the scatter of z^T phi a over blocks of neurons.
 *
 * <p>Neurons of a convolution are channels; phi phi^T and phi a^T are means over their pooled rows,
 * the sites of a flattened layer or their mean.
 *
 * <p>A correction that drifts or exceeds its bounds may come from neurons that have not arrived:
 * they continue, up to four times as long, before the solution is refused.
 *
 * <p>Neurons that would refuse a solution are compared with as many neurons started from the
 * solution. If they differ, the density has parts between which neurons do not move in that time,
 * such as the few condensed ones of a ReLU in many dimensions, and the audit is undecided.
 *
 * <p>Neurons of a bounded activation jump between its wells ("Sampling the saddle and certifying
 * it", sections 3 and 4). Above {@link WellFinder#MOST_DIMENSIONS} dimensions wells are not
 * searched, and neurons may not fill them. A correction cannot be distinguished from this, so such
 * an audit passes or is undecided.
 *
 * <p>Limits. Only the direction of Y is tested, in which the tilt amplifies errors of v most. A
 * well that neither the neurons nor the solution entered is not detected.
 */
public final class SaddleAudit {
  /** Name of the work in progress reports. */
  static final String PHASE = "audit";

  /** Number of sweeps of the first stage. */
  private static final int SWEEPS = 100;

  private static final int AVERAGED = SWEEPS - IndependentNeurons.SETTLED;

  /** Largest number of stages; each has as many sweeps as all earlier ones together. */
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

  /** Peak memory of {@link #solve}. */
  public MemoryPlan plan() {
    int full = SampledInputs.largestRank(problem);
    MemoryPlan plan = plan(full);
    // at a lower rank fields are smaller, but the jumps need matrices
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
   * @return empty if a stop was requested; there is no checkpoint of an audit
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if the plan does not
   *     fit
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
   * The same from the parts of a solution.
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

  /**
   * Corrections by half and block; not finite if neurons have run away and H is not positive
   * definite.
   */
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
   * Moves neurons up to a number of sweeps and averages after the first ones.
   *
   * @return false if a stop was requested
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
