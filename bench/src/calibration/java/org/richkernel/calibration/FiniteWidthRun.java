package org.richkernel.calibration;

import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.AdaptiveNbkSolver;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.compute.Backend;
import org.richkernel.finite.LangevinOptions;
import org.richkernel.finite.LayerEstimate;
import org.richkernel.finite.NetworkPosterior;
import org.richkernel.finite.PosteriorProblem;
import org.richkernel.finite.PosteriorSolution;
import org.richkernel.finite.Readout;
import org.richkernel.solver.RunControl;

/**
 * The posterior of a network of finite width against its exact mean outputs, and against the kernel
 * numbers of a long run of the sampler of weights.
 */
public final class FiniteWidthRun implements CoverageRun {
  /** Chains of the long run, and their sweeps. */
  private static final int MANY = 256;

  private static final int LONG = 400;

  /** What samples. */
  public enum Sampler {
    /** Weights, the readout integrated out. */
    INTEGRATED,
    /** Weights, the readout among them. */
    SAMPLED,
    /** Preactivations with determinant weight 1. */
    PREACTIVATIONS
  }

  private final FiniteWidthCase exact;
  private final Sampler sampler;
  private final double tolerance;
  private final LayerEstimate kernel;

  /**
   * @param tolerance of the runs
   * @param kernel numbers of the kernel, which the quadrature does not give
   */
  public FiniteWidthRun(
      FiniteWidthCase exact, Sampler sampler, double tolerance, LayerEstimate kernel) {
    this.exact = exact;
    this.sampler = sampler;
    this.tolerance = tolerance;
    this.kernel = kernel;
  }

  /** Numbers of the kernel from a long run. */
  public static LayerEstimate kernel(Backend backend, FiniteWidthCase exact) {
    LangevinOptions options =
        options(exact)
            .withSeed(Long.MAX_VALUE)
            .withTolerance(1e-9)
            .withChains(MANY)
            .withMaxSweeps(LONG);
    return solve(backend, exact, options).layers().get(0);
  }

  @Override
  public String name() {
    return sampler.name().toLowerCase(java.util.Locale.ROOT) + ", " + exact.name();
  }

  private static LangevinOptions options(FiniteWidthCase exact) {
    return LangevinOptions.of(exact.gamma(), 1 / exact.kappa(), exact.width());
  }

  private LangevinOptions options(long seed, Readout readout) {
    return options(exact).withReadout(readout).withSeed(seed).withTolerance(tolerance);
  }

  private static PosteriorSolution solve(
      Backend backend, FiniteWidthCase exact, LangevinOptions options) {
    PosteriorProblem problem =
        new PosteriorProblem(exact.network(), options, exact.x(), exact.y(), exact.test());
    return new NetworkPosterior(backend, problem).solve(RunControl.silent()).orElseThrow();
  }

  @Override
  public void add(Backend backend, long seed, Coverage coverage) {
    switch (sampler) {
      case INTEGRATED -> addWeights(backend, options(seed, Readout.INTEGRATED), coverage);
      case SAMPLED -> addWeights(backend, options(seed, Readout.SAMPLED), coverage);
      case PREACTIVATIONS -> addPreactivations(backend, seed, coverage);
    }
  }

  private void addWeights(Backend backend, LangevinOptions options, Coverage coverage) {
    PosteriorSolution solution = solve(backend, exact, options);
    if (coverage.countRun(solution.converged(), solution.converged(), solution.sweeps())) {
      LayerEstimate layer = solution.layers().get(0);
      coverage.add("alignment", layer.alignment(), kernel.alignment(), layer.alignmentError());
      coverage.add("trace", layer.trace(), kernel.trace(), layer.traceError());
      coverage.add("|Phi|_F", layer.frobenius(), kernel.frobenius(), layer.frobeniusError());
      coverage.addOutputs(
          "train", solution.train(), exact.y().toArray(), exact.posterior().train());
      coverage.add(
          "f_test",
          solution.testOutputs(),
          exact.posterior().test(),
          solution.test().standardError());
    }
  }

  private void addPreactivations(Backend backend, long seed, Coverage coverage) {
    SaddleOptions options =
        new SaddleOptions(
            exact.gamma(), 1 / exact.kappa(), exact.width(), 1, seed, tolerance, 20_000);
    AdaptiveNbkSolution solution =
        new AdaptiveNbkSolver(
                backend,
                new AdaptiveProblem(exact.network(), options, exact.x(), exact.y(), exact.test()))
            .solve(RunControl.silent());
    boolean vouched = solution.certificate().errorsHold();
    if (coverage.countRun(solution.converged(), vouched, solution.iterations())) {
      AdaptiveNbkSolution.Layer layer = solution.layers().get(0);
      coverage.add(
          "alignment", layer.alignment().value(), kernel.alignment(), layer.alignment().error());
      coverage.add("trace", layer.trace().value(), kernel.trace(), layer.trace().error());
      coverage.add(
          "|Phi|_F", layer.frobenius().value(), kernel.frobenius(), layer.frobenius().error());
      double[] y = exact.y().toArray();
      double dualFit = 0;
      for (int i = 0; i < y.length; i++) {
        dualFit += y[i] * (y[i] - exact.posterior().train()[i]) / exact.kappa();
      }
      coverage.add("y.v", solution.dualFit().value(), dualFit, solution.dualFit().error());
      coverage.addOutputs("train", solution.train(), y, exact.posterior().train());
      coverage.add(
          "f_test",
          solution.test().value(),
          exact.posterior().test(),
          solution.test().standardError());
    }
  }
}
