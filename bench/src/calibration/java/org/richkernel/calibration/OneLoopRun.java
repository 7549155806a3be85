package org.richkernel.calibration;

import org.richkernel.bayes.SaddleOptions;
import org.richkernel.bayes.multiscale.LevelPrediction;
import org.richkernel.bayes.multiscale.MultiScaleProblem;
import org.richkernel.bayes.multiscale.SampledScaleSolver;
import org.richkernel.bayes.multiscale.ScaleSolution;
import org.richkernel.compute.Backend;
import org.richkernel.solver.RunControl;

/**
 * One loop from sampled neurons against its exact value.
 *
 * @param exact the case
 * @param samples S
 * @param tolerance of the saddle point
 */
public record OneLoopRun(FiniteWidthCase exact, int samples, double tolerance)
    implements CoverageRun {
  @Override
  public String name() {
    return "one loop, " + exact.name();
  }

  @Override
  public void add(Backend backend, long seed, Coverage coverage) {
    MultiScaleProblem problem =
        new MultiScaleProblem(
            exact.network(), exact.width(), exact.kappa(), exact.x(), exact.y(), exact.test());
    SaddleOptions options =
        SaddleOptions.of(1, 1 / exact.kappa())
            .withSamples(samples)
            .withSeed(seed)
            .withTolerance(tolerance);
    ScaleSolution solution =
        new SampledScaleSolver(backend, problem, options)
            .solve(exact.chi(), RunControl.silent())
            .orElseThrow();
    boolean vouched = solution.sampled().map(tree -> tree.certificate().errorsHold()).orElseThrow();
    boolean converged = solution.sampled().orElseThrow().converged();
    if (coverage.countRun(converged, vouched, solution.sampled().orElseThrow().sweeps())) {
      LevelPrediction f = solution.level(ScaleSolution.ONE_LOOP);
      double[] y = exact.y().toArray();
      coverage.addOutputs("train", f.onTrain(), y, exact.oneLoop().train());
      coverage.add("f_test", f.test(), exact.oneLoop().test(), f.testError());
      coverage.add(
          "discrepancy",
          f.trainDiscrepancy(y),
          discrepancy(y, exact.oneLoop().train()),
          f.trainDiscrepancyError(y));
    }
  }

  private static double discrepancy(double[] y, double[] f) {
    double sum = 0;
    for (int i = 0; i < y.length; i++) {
      sum += y[i] * (y[i] - f[i]) / y.length;
    }
    return sum;
  }
}
