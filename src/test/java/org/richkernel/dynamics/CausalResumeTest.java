package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.Convolutions;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.OracleImages;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopReason;
import org.richkernel.solver.StopSignal;

/** A causal solve that is stopped and goes on from its checkpoint. */
class CausalResumeTest {
  private static final DynamicsProblem PROBLEM =
      Problems.threeOutputs(
          3,
          Activation.TANH,
          DynamicsOptions.of(1, 9, 0.1)
              .withWeightDecay(0.05)
              .withSamples(400)
              .withBatchSize(2)
              .withRecordEvery(4)
              .withSaveHistory(true));

  /** Keeps the last state in memory. */
  private static final class LastState implements CheckpointStore {
    private @Nullable SolverState last;

    @Override
    public boolean due() {
      return false;
    }

    @Override
    public void save(long iteration, SolverState state) {
      last = state;
    }

    @Override
    public Optional<SolverState> load() {
      return Optional.ofNullable(last);
    }
  }

  private static DynamicsSolution solve(CheckpointStore store, long stopAfter) {
    return solve(PROBLEM, store, stopAfter);
  }

  private static DynamicsSolution solve(
      DynamicsProblem problem, CheckpointStore store, long stopAfter) {
    StopSignal stop = new StopSignal();
    Progress.Listener listener =
        progress -> {
          if (progress.done() == stopAfter) {
            stop.raise();
          }
        };
    try (Backend backend = Backends.cpu()) {
      return new CausalSolver().solve(problem, backend, new RunControl(listener, stop, store));
    }
  }

  /** Ten times for each of four parts and the whole: in a part, between two, in the whole. */
  @ParameterizedTest
  @ValueSource(longs = {7, 10, 20, 43, 48})
  void aRunThatIsStoppedAndResumedGivesTheSameBits(long stopAfter) {
    DynamicsSolution whole = solve(CheckpointStore.none(), -1);
    LastState store = new LastState();
    DynamicsSolution stopped = solve(store, stopAfter);
    assertThat(stopped.reason()).isEqualTo(StopReason.INTERRUPTED);
    DynamicsSolution resumed = solve(store, -1);

    requireEqual(resumed, whole);
  }

  /** Two outputs of images, sites that read each other. */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void convolutionsThatAreStoppedAndResumedGiveTheSameBits(SiteReadout readout) {
    Inputs all = OracleImages.of(4);
    DynamicsProblem problem =
        new DynamicsProblem(
            NetworkSpec.of(3, Activation.TANH)
                .withConvolutions(Convolutions.parse("3x3,3x3/2,2x2").withReadout(readout)),
            DynamicsOptions.of(1, 5, 0.5)
                .withWeightDecay(0.05)
                .withSamples(400)
                .withBatchSize(2)
                .withRecordEvery(2)
                .withSaveHistory(true),
            Inputs.of(all.copyRows(0, 3), 3, 32).withShape(OracleImages.SHAPE),
            Targets.of(new double[] {1, 0, -1, 0.5, 0, -1}, 3, 2),
            Inputs.of(all.copyRows(3, 1), 1, 32).withShape(OracleImages.SHAPE),
            Targets.of(new double[0], 0, 2));
    DynamicsSolution whole = solve(problem, CheckpointStore.none(), -1);
    // six times for each of eight parts and the whole: in a part, and in the whole
    for (long stopAfter : new long[] {9, 51}) {
      LastState store = new LastState();
      assertThat(solve(problem, store, stopAfter).reason()).isEqualTo(StopReason.INTERRUPTED);

      requireEqual(solve(problem, store, -1), whole);
    }
  }

  private static void requireEqual(DynamicsSolution resumed, DynamicsSolution whole) {
    assertThat(resumed.reason()).isEqualTo(whole.reason());
    assertThat(resumed.mean().outputs()).isEqualTo(whole.mean().outputs());
    assertThat(resumed.standardError().trainLoss()).isEqualTo(whole.standardError().trainLoss());
    assertThat(resumed.standardError().testLoss()).isEqualTo(whole.standardError().testLoss());
    for (int k = 0; k < whole.mean().kernels().size(); k++) {
      for (int l = 0; l < 3; l++) {
        assertThat(resumed.mean().kernels().get(k).feature().get(l))
            .isEqualTo(whole.mean().kernels().get(k).feature().get(l));
        assertThat(resumed.mean().kernels().get(k).gradient().get(l))
            .isEqualTo(whole.mean().kernels().get(k).gradient().get(l));
      }
    }
    KernelHistory history = whole.history().orElseThrow();
    KernelHistory again = resumed.history().orElseThrow();
    for (int l = 0; l < 3; l++) {
      assertThat(again.feature().get(l)).isEqualTo(history.feature().get(l));
      assertThat(again.gradient().get(l)).isEqualTo(history.gradient().get(l));
    }
  }
}
