package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.Convolutions;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.InMemoryCheckpoints;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopSignal;
import org.richkernel.stack.FieldForm;

/** Convolutional solves that are stopped anywhere go on to the bits of one that was not. */
class ConvolutionResumeTest {
  private static final int BURN_IN = Annealing.fromPrior(2, SaddleOptions.usual()).sweeps();

  private static AdaptiveProblem problem(SiteReadout readout, LargeData form) {
    NetworkSpec network =
        NetworkSpec.of(2, Activation.RELU)
            .withBiasVariance(0.1)
            .withConvolutions(Convolutions.parse("3x3/2,2x2").withReadout(readout));
    SaddleOptions options =
        SaddleOptions.usual()
            .withGamma(1)
            .withBeta(20)
            .withSamples(64)
            .withTolerance(1e-9)
            .withLargeData(form);
    Inputs images = ConvolutionOracle.images(6);
    return new AdaptiveProblem(
        network,
        options.withMaxSweeps(30),
        Inputs.of(images.copyRows(0, 4), 4, 32).withShape(images.shape()),
        Targets.of(new double[] {1, 0.5, -1, 1, 1, -0.5, -1, -1}, 4, 2),
        Inputs.of(images.copyRows(4, 2), 2, 32).withShape(images.shape()));
  }

  private static AdaptiveNbkSolution solve(
      SiteReadout readout, LargeData form, StopSignal signal, int stop, CheckpointStore store) {
    try (Backend backend = Backends.cpu()) {
      Progress.Listener listener =
          progress -> {
            if (progress.done() == stop) {
              signal.raise();
            }
          };
      return new AdaptiveNbkSolver(backend, problem(readout, form))
          .solve(new RunControl(listener, signal, store));
    }
  }

  @Test
  void stoppedAndResumedRunHasTheBitsOfTheUninterruptedOne() {
    Random random = new Random(7);
    for (SiteReadout readout : SiteReadout.values()) {
      // each readout with one of the forms, and the one that is chosen among them
      FieldForm form = readout == SiteReadout.GAP ? FieldForm.WEIGHTS : FieldForm.AUTO;
      FieldForm taken = form == FieldForm.AUTO ? FieldForm.WHITENED : FieldForm.WEIGHTS;
      requireSameBits(readout, new LargeData(ReadoutForm.AUTO, form, 100), taken, random);
    }
  }

  @Test
  void theSameInTheDualForm() {
    for (SiteReadout readout : SiteReadout.values()) {
      LargeData form = new LargeData(ReadoutForm.DUAL, FieldForm.AUTO, 100);
      requireSameBits(readout, form, FieldForm.WEIGHTS, new Random(8));
    }
  }

  private static void requireSameBits(
      SiteReadout readout, LargeData form, FieldForm taken, Random random) {
    AdaptiveNbkSolution expected =
        solve(readout, form, new StopSignal(), -1, new InMemoryCheckpoints());
    assertThat(expected.fields()).hasValue(taken);
    for (int stop : new int[] {1 + random.nextInt(BURN_IN), BURN_IN + 1 + random.nextInt(28)}) {
      InMemoryCheckpoints store = new InMemoryCheckpoints();
      assertThat(solve(readout, form, new StopSignal(), stop, store)).isNull();
      AdaptiveNbkSolution resumed = solve(readout, form, new StopSignal(), -1, store);

      for (int l = 0; l < 2; l++) {
        assertThat(resumed.kernels().get(l)).containsExactly(expected.kernels().get(l));
      }
      assertThat(resumed.dual()).containsExactly(expected.dual());
      SiteFeatures sites = resumed.sites().orElseThrow();
      for (int l = 0; l < 2; l++) {
        assertThat(sites.layers().get(l).alignment().value())
            .containsExactly(expected.sites().orElseThrow().layers().get(l).alignment().value());
      }
      assertThat(sites.filters().orElseThrow().covariance().value())
          .containsExactly(
              expected.sites().orElseThrow().filters().orElseThrow().covariance().value());
      assertThat(resumed.testPredictions()).containsExactly(expected.testPredictions());
      ConvolutionPredictor kept = (ConvolutionPredictor) resumed.predictor();
      ConvolutionPredictor own = (ConvolutionPredictor) expected.predictor();
      assertThat(kept.populations().fields()).containsExactly(own.populations().fields());
      assertThat(kept.readout()).containsExactly(own.readout());
    }
  }
}
