package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.Convolutions;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;
import org.richkernel.solver.RunControl;

/**
 * Of many seeds, 95 of 100 lie within two standard errors of the truth, which is quadrature over
 * all neurons for one hidden layer and algebra for linear networks. More seeds, and the table of
 * {@code bench/results}, with {@code -Drichkernel.seeds=40}.
 */
class CausalCoverageTest {
  private static final int ANGLES = 192;
  private static final int FEW = 12;

  @ParameterizedTest
  @CsvSource({
    "1, TANH, 0.1, SUM, 0, 0",
    "1, TANH, 0.3, MEAN, 2, 0",
    "1, ERF, 0.1, SUM, 0, 0",
    "1, RELU, 0.1, SUM, 0, 0",
    "1, LINEAR, 0.1, SUM, 0, 0.1",
    "2, LINEAR, 0.1, SUM, 0, 0.1"
  })
  void intervalsHoldTheTruth(
      int layers, Activation activation, double eta, Loss loss, int batch, double decay) {
    int seeds = Integer.getInteger("richkernel.seeds", FEW);
    int samples = Integer.getInteger("richkernel.samples", 800);
    DynamicsOptions options =
        DynamicsOptions.of(1, seeds > FEW ? 40 : 12, eta)
            .withLoss(loss)
            .withBatchSize(batch)
            .withWeightDecay(decay)
            .withSamples(samples);
    Coverage coverage = new Coverage();
    int refused = 0;
    try (Backend backend = Backends.cpu()) {
      DynamicsProblem problem = PlanePoints.problem(layers, activation, options);
      Trajectory truth =
          layers == 1
              ? QuadratureDescent.solve(problem, ANGLES)
              : new LinearSolver().solve(problem, backend, RunControl.silent()).mean();
      for (int seed = 1; seed <= seeds; seed++) {
        DynamicsSolution seen =
            new CausalSolver()
                .solve(problem.withOptions(options.withSeed(seed)), backend, RunControl.silent());
        coverage.add(truth, seen, problem.trainPoints());
        refused += seen.wantedSamples() > 0 ? 1 : 0;
      }
    }
    if (seeds > FEW) {
      System.out.print(coverage.table(layers + " " + activation.id() + " " + loss + " " + batch));
      System.out.println("of " + seeds + " seeds " + refused + " want more samples");
    }
    assertThat(coverage.within(1.959964)).as("95 %").isBetween(0.90, 0.99);
    assertThat(coverage.within(1)).as("68 %").isBetween(0.60, 0.80);
  }

  /**
   * Linear convolutions on a circle, read out by means over sites: the zero mode of weights and
   * fields is a dense network on the means of the images, with the same outputs and tangent kernel.
   */
  @Test
  void intervalsOfConvolutionsHoldTheTruth() {
    int seeds = Integer.getInteger("richkernel.seeds", FEW);
    DynamicsOptions options = DynamicsOptions.of(1, 12, 0.1).withWeightDecay(0.1).withSamples(800);
    Convolutions layers =
        Convolutions.parse("1x2,1x2")
            .withPadding(SiteMap.Padding.CIRCULAR)
            .withReadout(SiteReadout.GAP);
    NetworkSpec network = NetworkSpec.of(2, Activation.LINEAR).withConvolutions(layers);
    Coverage coverage = new Coverage();
    try (Backend backend = Backends.cpu()) {
      DynamicsProblem dense = PlanePoints.problem(2, Activation.LINEAR, options);
      Trajectory truth = new LinearSolver().solve(dense, backend, RunControl.silent()).mean();
      for (int seed = 1; seed <= seeds; seed++) {
        DynamicsProblem images = PlanePoints.images(network, 0.8, options.withSeed(seed));
        DynamicsSolution seen = new CausalSolver().solve(images, backend, RunControl.silent());
        coverage.addOutputs(truth, seen, images.trainPoints());
        coverage.addCourse("ntk ", 2, truth, seen);
      }
    }
    if (seeds > FEW) {
      System.out.print(coverage.table("1x2,1x2 linear gap"));
    }
    assertThat(coverage.within(1.959964)).as("95 %").isBetween(0.90, 0.99);
    assertThat(coverage.within(1)).as("68 %").isBetween(0.60, 0.80);
  }
}
