package org.richkernel.dynamics;

import java.util.function.Consumer;
import org.richkernel.bench.HostTime;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;
import org.richkernel.data.Dataset;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.SolverState;

/**
 * {@link HostTime} of a time of the causal solver: {@code CausalHostTime P S}. A processor marches
 * the first times, so that there is a past; kernels that are never computed ask for no direction
 * more, as those of late times.
 */
public final class CausalHostTime {
  private static final int TIMES = 100;
  private static final int PAST = 4;
  private static final int STEPS = PAST + 61 * TIMES;

  private final Dataset digits;
  private final int samples;

  private CausalHostTime(Dataset digits, int samples) {
    this.digits = digits;
    this.samples = samples;
  }

  /** Prints one row per network. */
  public static void main(String[] arguments) {
    CausalHostTime time =
        new CausalHostTime(
            HostTime.digits(Integer.parseInt(arguments[0])), Integer.parseInt(arguments[1]));
    try (Backend backend = HostTime.device()) {
      HostTime.header(backend, time.digits.points(), time.samples, "time");
      time.report(2, backend);
      time.report(3, backend);
    }
  }

  private void report(int layers, Backend backend) {
    DynamicsProblem problem =
        DynamicsProblem.of(
            NetworkSpec.of(layers, Activation.TANH),
            DynamicsOptions.of(1, STEPS, 0.02).withSamples(samples).withRecordEvery(STEPS),
            Inputs.of(digits.inputs(), digits.points(), digits.inputDimension()),
            Targets.of(digits.targets()));
    SolverState past = past(problem);
    march(
        problem,
        backend,
        run -> {
          run.restore(past);
          HostTime.report(
              "causal, L = " + layers,
              TIMES,
              i -> {
                for (int t = 0; t < TIMES; t++) {
                  run.advance();
                }
              });
        });
  }

  private SolverState past(DynamicsProblem problem) {
    SolverState state = new SolverState();
    try (Backend cpu = Backends.cpu()) {
      march(
          problem,
          cpu,
          run -> {
            for (int t = 0; t < PAST; t++) {
              run.advance();
            }
            run.save(state);
          });
    }
    return state;
  }

  private void march(DynamicsProblem problem, Backend backend, Consumer<CausalRun> work) {
    CausalOptions causal = CausalOptions.defaults();
    MemoryPlan plan = new MemoryPlan();
    CausalPlan.add(plan, problem, causal, samples);
    try (Workspace memory = new Workspace(backend, plan)) {
      work.accept(
          new CausalRun(
              problem, causal, backend, memory, new TrajectoryRecorder(problem), null, 0, samples));
    }
  }
}
