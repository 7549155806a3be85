package org.richkernel.finite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.dynamics.Loss;
import org.richkernel.network.Convolutions;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.OracleImages;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/** Networks of several widths on the same batches. */
class WidthComparisonTest {
  private static NetworkSpec network(SiteReadout readout) {
    Convolutions layers = Convolutions.parse("3x3/2,2x2").withReadout(readout);
    return NetworkSpec.of(2, Activation.TANH).withConvolutions(layers);
  }

  private static DynamicsProblem problem(SiteReadout readout, DynamicsOptions options) {
    Inputs all = OracleImages.of(12);
    Inputs train = Inputs.of(all.copyRows(0, 8), 8, 32).withShape(OracleImages.SHAPE);
    Inputs test = Inputs.of(all.copyRows(8, 4), 4, 32).withShape(OracleImages.SHAPE);
    double[] y = new double[24];
    for (int i = 0; i < 12; i++) {
      y[2 * i + i % 2] = 1;
    }
    return new DynamicsProblem(
        network(readout),
        options,
        train,
        Targets.of(java.util.Arrays.copyOf(y, 16), 8, 2),
        test,
        Targets.of(java.util.Arrays.copyOfRange(y, 16, 24), 4, 2));
  }

  private static WidthComparison.Outcome run(DynamicsProblem problem, WidthOptions options) {
    try (Backend backend = Backends.cpu()) {
      return new WidthComparison(problem, options).run(backend, RunControl.silent()).orElseThrow();
    }
  }

  /** The trajectory of networks that are followed on all points at every step. */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void trainingIsThatOfNetworksFollowedOnAllPoints(SiteReadout readout) {
    DynamicsOptions descent =
        DynamicsOptions.of(0.7, 9, readout == SiteReadout.GAP ? 3 : 0.4)
            .withWeightDecay(0.02)
            .withLoss(Loss.MEAN)
            .withBatchSize(3)
            .withRecordEvery(4)
            .withSeed(7);
    WidthOptions options = new WidthOptions(List.of(20, 10), 3, WidthScale.NTK, Criterion.SQUARED);

    WidthComparison.Outcome seen = run(problem(readout, descent), options);

    assertThat(seen.steps()).containsExactly(0, 4, 8, 9);
    assertThat(seen.networks()).extracting(WidthComparison.Networks::width).containsExactly(10, 20);
    for (WidthComparison.Networks networks : seen.networks()) {
      double gamma = 0.7 * Math.sqrt(10.0 / networks.width());
      assertThat(networks.gamma()).isCloseTo(gamma, within(1e-15));
      DynamicsSolution expected;
      try (Backend backend = Backends.cpu()) {
        expected =
            new GradientDescentNetwork(networks.width(), 3)
                .solve(problem(readout, descent.withGamma(gamma)), backend, RunControl.silent());
      }
      double[] f = expected.mean().outputs();
      for (int i = 0; i < 16; i++) {
        assertThat(networks.trained()[i]).isCloseTo(f[9 * 24 + i], within(2e-5));
      }
      for (int i = 0; i < 8; i++) {
        assertThat(networks.tested()[i]).isCloseTo(f[9 * 24 + 16 + i], within(2e-5));
      }
      for (int t = 0; t < 4; t++) {
        double loss = 0;
        for (double[] records : networks.records()) {
          loss += records[t * ProbedTraining.NUMBERS] / 3;
        }
        assertThat(loss).isCloseTo(expected.mean().testLoss()[seen.steps()[t]], within(1e-5));
      }
    }
  }

  @Test
  void pullsAreMinusTheGradientOfTheLoss() {
    Random random = new Random(3);
    double[] f = random.doubles(12, -3, 3).toArray();
    double[] y = new double[12];
    for (int i = 0; i < 4; i++) {
      y[3 * i + i % 3] = 1;
    }
    for (Criterion criterion : Criterion.values()) {
      double[] pulls = new double[12];
      criterion.pulls(y, f, 3, 0.25, pulls);
      // the squared loss is a mean over outputs too, and halved in training
      double factor = criterion == Criterion.SQUARED ? 3 / 2.0 : 1;
      for (int i = 0; i < 12; i++) {
        double kept = f[i];
        f[i] = kept + 1e-5;
        double above = criterion.loss(y, f, 3);
        f[i] = kept - 1e-5;
        double slope = factor * (above - criterion.loss(y, f, 3)) / 2e-5;
        f[i] = kept;
        assertThat(pulls[i]).as("%s %d", criterion, i).isCloseTo(-slope, within(1e-9));
      }
    }
    assertThat(Criterion.CROSS_ENTROPY.loss(y, new double[12], 3))
        .isCloseTo(Math.log(3), within(1e-15));
    double[] huge = {1e5, 0, -1e5};
    assertThat(Criterion.CROSS_ENTROPY.loss(new double[] {0, 1, 0}, huge, 3)).isEqualTo(1e5);
  }

  /** Kernels of lazy networks move like 1/N, those at one richness alike at every width. */
  @Test
  void wideNetworksAreLazyInOneScalingOnly() {
    DynamicsOptions descent = DynamicsOptions.of(1, 20, 0.3).withLoss(Loss.MEAN).withRecordEvery(0);
    List<Integer> widths = List.of(16, 64, 256);
    double[][] moved = new double[2][3];
    for (WidthScale scale : WidthScale.values()) {
      WidthComparison.Outcome seen =
          run(
              problem(SiteReadout.FLATTEN, descent),
              new WidthOptions(widths, 6, scale, Criterion.CROSS_ENTROPY));
      for (int w = 0; w < 3; w++) {
        for (double[] records : seen.networks().get(w).records()) {
          moved[scale.ordinal()][w] += records[ProbedTraining.NUMBERS + 2] / 6;
        }
      }
    }
    double[] rich = moved[WidthScale.MEAN_FIELD.ordinal()];
    double[] lazy = moved[WidthScale.NTK.ordinal()];
    assertThat(lazy[0]).isCloseTo(rich[0], within(1e-12));
    assertThat(rich[2] / rich[1]).isBetween(0.6, 1.6);
    assertThat(lazy[2] / lazy[1]).isBetween(0.1, 0.6);
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    DynamicsOptions descent = DynamicsOptions.of(1, 2, 0.1);
    DynamicsProblem classes = problem(SiteReadout.GAP, descent);
    WidthOptions options = new WidthOptions(List.of(4), 1, WidthScale.NTK, Criterion.CROSS_ENTROPY);
    DynamicsProblem untested =
        DynamicsProblem.of(
            classes.network(), descent, classes.trainInputs(), classes.trainTargets());
    assertThatThrownBy(() -> new WidthComparison(untested, options))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("test-x is missing");
    DynamicsProblem numbers =
        new DynamicsProblem(
            classes.network(),
            descent,
            classes.trainInputs(),
            Targets.of(new double[8]),
            classes.testInputs(),
            Targets.of(new double[4]));
    assertThatThrownBy(() -> new WidthComparison(numbers, options))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("add --one-hot");
    assertThatThrownBy(() -> new WidthOptions(List.of(0, 3), 1, WidthScale.NTK, Criterion.SQUARED))
        .isInstanceOf(InvalidProblemException.class);
    WidthComparison.Outcome seen =
        run(
            problem(SiteReadout.FLATTEN, DynamicsOptions.of(1, 50, 1e6)),
            new WidthOptions(List.of(8, 16), 1, WidthScale.NTK, Criterion.SQUARED));
    assertThat(seen.divergence()).contains(8);
    assertThat(seen.networks()).isEmpty();
  }
}
