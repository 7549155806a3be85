package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.solver.RunControl;

/**
 * The Monte Carlo errors of the causal solver against the truth of linear networks, which needs no
 * sampling: twenty seeds, ten populations each.
 */
class CausalStatisticsTest {
  private static final int SEEDS = 20;
  private static final int LAYERS = 2;

  private static DynamicsProblem problem(int samples, long seed) {
    return Problems.gaussian(
        LAYERS,
        Activation.LINEAR,
        DynamicsOptions.of(1, 12, 0.08).withWeightDecay(0.1).withSamples(samples).withSeed(seed));
  }

  /** Outputs half-way and at the end, losses, traces of all kernels at the end. */
  private static double[] numbers(Trajectory of) {
    List<Double> values = new ArrayList<>();
    for (int t : new int[] {6, 12}) {
      for (int i = 0; i < of.points(); i++) {
        values.add(of.outputs()[t * of.points() + i]);
      }
      values.add(of.trainLoss()[t]);
      values.add(of.testLoss()[t]);
    }
    LayerKernels last = of.kernels().get(1);
    for (int l = 0; l < LAYERS; l++) {
      values.add(last.feature().get(l)[0]);
      values.add(last.feature().get(l)[1]);
      values.add(last.gradient().get(l)[0]);
    }
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static double[] truth(Backend backend) {
    return numbers(new LinearSolver().solve(problem(64, 0), backend, RunControl.silent()).mean());
  }

  private static DynamicsSolution sampled(Backend backend, int samples, long seed) {
    return new CausalSolver(CausalOptions.defaults().withPopulations(10))
        .solve(problem(samples, seed), backend, RunControl.silent());
  }

  /**
   * With 9 degrees of freedom z^2 has mean 9/7, so a number's sum over 20 seeds is near 26, and
   * spreads by about 12; errors wrong by a factor of 2 would put it near 103 or 6.
   */
  @Test
  void reportedStandardErrorsCoverTheTruth() {
    try (Backend backend = Backends.cpu()) {
      double[] truth = truth(backend);
      double[] squares = new double[truth.length];
      int covered = 0;
      for (int seed = 1; seed <= SEEDS; seed++) {
        DynamicsSolution solution = sampled(backend, 2000, seed);
        double[] mean = numbers(solution.mean());
        double[] error = numbers(solution.standardError());
        for (int i = 0; i < truth.length; i++) {
          double z = (mean[i] - truth[i]) / error[i];
          squares[i] += z * z;
          covered += Math.abs(z) <= 2 ? 1 : 0;
        }
      }
      for (int i = 0; i < truth.length; i++) {
        assertThat(squares[i]).as("sum of z^2 of number %d", i).isBetween(8.0, 65.0);
      }
      // t with 9 degrees of freedom: 92 %
      assertThat(covered / (double) (SEEDS * truth.length)).isBetween(0.85, 0.98);
    }
  }

  @Test
  void errorFallsLikeOneOverTheRootOfTheSamples() {
    try (Backend backend = Backends.cpu()) {
      double[] truth = truth(backend);
      double[] squares = new double[2];
      int[] samples = {500, 8000};
      for (int s = 0; s < 2; s++) {
        for (int seed = 1; seed <= SEEDS; seed++) {
          double[] mean = numbers(sampled(backend, samples[s], seed).mean());
          for (int i = 0; i < truth.length; i++) {
            double relative = (mean[i] - truth[i]) / truth[i];
            squares[s] += relative * relative;
          }
        }
      }
      // 4 is exact; the rms of 20 seeds is good to 16 %
      assertThat(Math.sqrt(squares[0] / squares[1])).isBetween(2.6, 6.2);
    }
  }
}
