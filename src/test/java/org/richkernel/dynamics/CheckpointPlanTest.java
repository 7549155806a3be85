package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.network.Convolutions;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.OracleImages;
import org.richkernel.network.Targets;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopSignal;

/** What a solver says that it will hold on the heap suffices for each of its checkpoints. */
class CheckpointPlanTest {
  private static final DynamicsOptions OPTIONS =
      DynamicsOptions.of(0.3, 8, 0.1).withSamples(800).withRecordEvery(2);

  /** A store that is always due and weighs what it is given. */
  private static final class Scales implements CheckpointStore {
    private long heaviest;

    @Override
    public boolean due() {
      return true;
    }

    @Override
    public void save(long iteration, SolverState state) {
      long bytes = 0;
      for (double[] values : state.allDoubles().values()) {
        bytes += (long) values.length * Double.BYTES;
      }
      for (float[] values : state.allFloats().values()) {
        bytes += (long) values.length * Float.BYTES;
      }
      heaviest = Math.max(heaviest, bytes);
    }

    @Override
    public Optional<SolverState> load() {
      return Optional.empty();
    }
  }

  /** A solver's way to solve a problem. */
  private interface Solve {
    void run(DynamicsProblem problem, Backend backend, RunControl control);
  }

  private static void requireRoom(MemoryPlan plan, DynamicsProblem problem, Solve solve) {
    Scales scales = new Scales();
    try (Backend backend = Backends.cpu()) {
      solve.run(
          problem, backend, new RunControl(Progress.Listener.silent(), new StopSignal(), scales));
    }
    assertThat(scales.heaviest).isPositive();
    assertThat(plan.hostBytes()).isGreaterThanOrEqualTo(scales.heaviest);
  }

  @Test
  void causalSolver() {
    DynamicsProblem problem =
        Problems.gaussian(3, Activation.TANH, OPTIONS.withSaveHistory(true).withBatchSize(2));
    requireRoom(new CausalSolver().plan(problem), problem, new CausalSolver()::solve);
  }

  @Test
  void causalSolverOfConvolutions() {
    DynamicsProblem problem =
        DynamicsProblem.of(
            NetworkSpec.of(3, Activation.TANH)
                .withConvolutions(Convolutions.parse("3x3,3x3/2,2x2")),
            OPTIONS.withSaveHistory(true).withBatchSize(2),
            OracleImages.of(3),
            Targets.of(new double[] {1, -1, 1}));
    requireRoom(new CausalSolver().plan(problem), problem, new CausalSolver()::solve);
  }

  @Test
  void gradientFlow() {
    DynamicsProblem problem = Problems.gaussian(1, Activation.RELU, OPTIONS);
    requireRoom(
        new OneHiddenLayerSolver().plan(problem), problem, new OneHiddenLayerSolver()::solve);
  }

  @Test
  void alternatingSolver() {
    DynamicsProblem problem = Problems.gaussian(2, Activation.TANH, OPTIONS);
    requireRoom(new AlternatingSolver().plan(problem), problem, new AlternatingSolver()::solve);
  }

  @Test
  void perturbationTheory() {
    DynamicsProblem problem = Problems.gaussian(2, Activation.TANH, OPTIONS);
    requireRoom(new PerturbativeSolver().plan(problem), problem, new PerturbativeSolver()::solve);
  }
}
