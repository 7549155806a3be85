package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.richkernel.calibration.Coverage;
import org.richkernel.calibration.ExactCase;
import org.richkernel.calibration.FiniteWidthCase;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.IndependentEstimates;
import org.richkernel.solver.RunControl;

/** The printed errors of adaptive fits against exact values, over many short runs. */
class BayesCoverageTest {
  private static final int SEEDS = 25;

  /**
   * 25 seeds of four cases: 100 deviations of each scalar, whose binomial error is 0.022 at 95 %
   * and 0.047 at 68 %; the limits are three of them away. Predictions at several points of a run go
   * together. With errors from two chains, without Student's factor, f_test held 0.65.
   */
  @Test
  void intervalsHoldAsManyTruthsAsTheyPromise() {
    Coverage coverage = new Coverage();
    SaddleOptions options = SaddleOptions.of(1, 10).withSamples(200).withSeed(100);
    try (Backend backend =
        Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), message -> {})) {
      for (String name :
          List.of("relu-g0.3-k0.1", "relu-g1-k0.01", "tanh-g1-k0.01", "erf-g1-k0.1-bias")) {
        coverage.run(backend, ExactCase.named(name), options, SEEDS);
      }
    }
    assertThat(coverage.vouched()).isGreaterThan(90);
    for (String number : coverage.numbers()) {
      assertThat(coverage.within(number, 1.96)).as("95 %% of %s", number).isGreaterThan(0.88);
      assertThat(coverage.within(number, 1)).as("68 %% of %s", number).isBetween(0.54, 0.82);
      assertThat(coverage.spread(number)).as("spread of %s", number).isBetween(0.75, 1.25);
      assertThat(coverage.worst(number)).as("worst %s", number).isLessThan(5);
    }
  }

  /**
   * A network of four ReLU neurons, whose kernel fluctuates by more than its size: the alignment of
   * the mean kernel scatters over 40 seeds as its printed errors say, up to three errors of a
   * spread (0.11). The alignments of the sweeps' own kernels have another mean and scatter less.
   */
  @Test
  void theAlignmentAtSmallWidthScattersAsItsErrorSays() {
    int seeds = 40;
    double[] alignment = new double[seeds];
    double told = 0;
    FiniteWidthCase points = FiniteWidthCase.all().get(3);
    try (Backend backend =
        Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), message -> {})) {
      for (int s = 0; s < seeds; s++) {
        SaddleOptions options = new SaddleOptions(0.5, 2, 4, 1, s, 1e-9, 400);
        AdaptiveNbkSolution solution =
            new AdaptiveNbkSolver(
                    backend, AdaptiveProblem.of(points.network(), options, points.x(), points.y()))
                .solve(RunControl.silent());
        Estimate seen = solution.layers().get(0).alignment();
        alignment[s] = seen.value();
        told += seen.error() * seen.error() / seeds;
      }
    }
    double scatter = IndependentEstimates.standardError(alignment) * Math.sqrt(seeds);
    assertThat(scatter / Math.sqrt(told)).isBetween(0.67, 1.33);
  }
}
