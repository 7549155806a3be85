package org.richkernel.bayes.sweep;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.sampling.Estimate;
import org.richkernel.solver.RunControl;

/**
 * Solves a problem by sweeps over the layers and compares the kernels with those of its solution.
 *
 * <p>It supports networks with tanh or erf layers: the sweeps need a second derivative, and a
 * bounded activation, whose tilted densities exist for any conjugate kernel.
 */
public final class CrossCheckSolver {
  private static final Set<Activation> ACTIVATIONS = Set.of(Activation.TANH, Activation.ERF);

  private final Backend backend;
  private final AdaptiveProblem problem;

  /**
   * @throws InvalidProblemException if the sweeps cannot solve the problem
   */
  public CrossCheckSolver(Backend backend, AdaptiveProblem problem) {
    if (!ACTIVATIONS.contains(problem.network().activation())) {
      throw unfit("the layer sweep needs a smooth activation with bounded values: tanh or erf");
    }
    if (!problem.options().extrapolates()) {
      throw unfit("the layer sweep has infinite width; use determinant weight 0 or leave it out");
    }
    if (problem.options().gamma() == 0) {
      throw unfit("at gamma 0 the kernels have a closed form; leave it out");
    }
    this.backend = backend;
    this.problem = problem;
  }

  private static InvalidProblemException unfit(String mend) {
    return new InvalidProblemException("cross-check", "given", mend);
  }

  /** Peak memory of {@link #solve}. */
  public MemoryPlan plan() {
    return new SweepSolver(backend, problem).plan();
  }

  /**
   * Sweeps and compares.
   *
   * @param solution of the same problem
   * @return empty if a stop was requested; there is no checkpoint of sweeps
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if the plan does not
   *     fit
   */
  public Optional<CrossCheck> solve(AdaptiveNbkSolution solution, RunControl control) {
    plan().requireFits(backend, "lower samples or the number of training points");
    long start = System.nanoTime();
    Optional<SweepSolution> found = new SweepSolver(backend, problem).solve(control);
    double seconds = (System.nanoTime() - start) * 1e-9;
    return found.map(sweep -> compared(sweep, solution, seconds));
  }

  private CrossCheck compared(SweepSolution sweep, AdaptiveNbkSolution solution, double seconds) {
    List<CrossCheck.Layer> layers = new ArrayList<>();
    for (int l = 0; l < sweep.layers().size(); l++) {
      AdaptiveNbkSolution.Layer own = sweep.layers().get(l);
      AdaptiveNbkSolution.Layer other = solution.layers().get(l);
      double norm = other.frobenius().value();
      double distance = distance(sweep.kernels().get(l), solution.kernels().get(l));
      double error = Math.hypot(own.kernelError(), other.kernelError());
      layers.add(new CrossCheck.Layer(new Estimate(distance / norm, error / norm), own, other));
    }
    return new CrossCheck(
        sweep.settled(),
        sweep.sweeps(),
        problem.options().samples(),
        sweep.acceptance(),
        sweep.drift(),
        sweep.residual(),
        problem.options().tolerance(),
        List.copyOf(layers),
        sweep.kernels(),
        seconds);
  }

  /** |a - b|_F. */
  private static double distance(double[] a, double[] b) {
    double squares = 0;
    for (int i = 0; i < a.length; i++) {
      squares += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(squares);
  }
}
