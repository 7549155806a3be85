package org.richkernel.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;

/**
 * The printed errors of one loop, of maximum a posteriori and of trained networks over many short
 * runs (the program is org.richkernel.bench.CoverageFamilies).
 */
class FamilyCoverageTest {
  /** What is run. */
  enum Family {
    /** Against quadrature. */
    ONE_LOOP(40) {
      @Override
      CoverageRun run(Backend backend) {
        return new OneLoopRun(FiniteWidthCase.all().get(3), 100, 0.05);
      }
    },
    /** Against 300000 samples. */
    MAXIMUM_A_POSTERIORI(50) {
      @Override
      CoverageRun run(Backend backend) {
        return new MapRun(backend, 1, Activation.TANH, 20, 1, 250);
      }
    },
    /** Convolutional networks at finite width, against an exact integral. */
    CONVOLUTION(24) {
      @Override
      CoverageRun run(Backend backend) {
        return new ConvolutionRun(true, 64, 0.05);
      }
    },
    /** Against 20000 networks; errors from so few hold with Student's factor only. */
    FOUR_NETWORKS(200) {
      @Override
      CoverageRun run(Backend backend) {
        return new TrainedNetworksRun(backend, 1, Activation.TANH, 20, 4, 10);
      }
    };

    private final int seeds;

    Family(int seeds) {
      this.seeds = seeds;
    }

    abstract CoverageRun run(Backend backend);
  }

  /**
   * 1.96 errors hold 95 of 100 truths, less three binomial errors of independent seeds, and half as
   * many do not: errors of half the size would fail. Half an error holds 0.38 of them, 0.45 with
   * few degrees of freedom; of errors of twice the size it would hold 0.68 or more.
   */
  @ParameterizedTest
  @EnumSource
  void intervalsHoldAsManyTruthsAsTheyPromise(Family family) {
    Coverage coverage = new Coverage();
    try (Backend backend =
        Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), message -> {})) {
      CoverageRun run = family.run(backend);
      for (int s = 1; s <= family.seeds; s++) {
        run.add(backend, s, coverage);
      }
    }
    assertThat(coverage.vouched()).isGreaterThan(9 * family.seeds / 10);
    double fewest = 0.95 - 3 * Math.sqrt(0.95 * 0.05 / family.seeds);
    for (String number : coverage.numbers()) {
      assertThat(coverage.within(number, 1.96)).as("95 %% of %s", number).isGreaterThan(fewest);
      assertThat(coverage.within(number, 0.98)).as("half of it, %s", number).isLessThan(fewest);
      assertThat(coverage.within(number, 0.5)).as("0.5 errors of %s", number).isLessThan(0.65);
    }
  }
}
