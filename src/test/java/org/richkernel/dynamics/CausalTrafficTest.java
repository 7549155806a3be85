package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

/** What a time of the causal solver asks of a device: launches, library calls, waits and bytes. */
@OnEmulatedDevice
class CausalTrafficTest {
  private static final int SAMPLES = 400;
  private static final String[] COUNTERS = {
    "launches", "libraryCalls", "syncs", "bytesHtoD", "bytesDtoH"
  };

  @AfterEach
  void deviceSawNoWrongAccess() {
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  private static DynamicsProblem problem(int train, int test, int batch) {
    double[] targets = new double[train];
    Arrays.setAll(targets, i -> i % 2 == 0 ? 1 : -1);
    DynamicsOptions options =
        DynamicsOptions.of(1, 8, 0.05).withSamples(SAMPLES).withRecordEvery(100);
    if (batch > 0) {
      options = options.withBatchSize(batch);
    }
    return new DynamicsProblem(
        NetworkSpec.of(2, Activation.TANH),
        options,
        Problems.inputs(train, 3),
        Targets.of(targets),
        test == 0 ? Inputs.of(new double[0], 0, Problems.DIMENSION) : Problems.inputs(test, 5),
        Targets.of(new double[test]));
  }

  private static long[] spent(Runnable work) {
    long[] before = counters();
    work.run();
    long[] after = counters();
    Arrays.setAll(after, i -> after[i] - before[i]);
    return after;
  }

  private static long[] counters() {
    return Arrays.stream(COUNTERS).mapToLong(EmulatedDevice::counter).toArray();
  }

  /**
   * Two hidden layers. The host waits for what is left of each of two kernels, by which it chooses
   * directions, for the outputs, and for whether all factorizations held; what it waits for is of
   * the order of P^2 numbers, not of the samples.
   */
  @ParameterizedTest
  @CsvSource({"20, 0, 0, 95, 65", "20, 3, 0, 105, 70", "20, 0, 5, 105, 70", "20, 3, 5, 105, 70"})
  void timeWaitsForTheDeviceFourTimes(
      int train, int test, int batch, int launches, int libraryCalls) {
    DynamicsProblem problem = problem(train, test, batch);
    CausalOptions causal = CausalOptions.defaults();
    MemoryPlan plan = new MemoryPlan();
    CausalPlan.add(plan, problem, causal, SAMPLES);
    try (Backend backend = Backends.open("cuda", BackendOptions.defaults(), line -> {});
        Workspace memory = new Workspace(backend, plan)) {
      CausalRun run =
          new CausalRun(
              problem, causal, backend, memory, new TrajectoryRecorder(problem), null, 0, SAMPLES);
      run.advance();
      int driving = batch == 0 ? train : batch;
      for (int time = 1; time < 8; time++) {
        long[] cost = spent(run::advance);
        assertThat(cost[0]).as("launches at time " + time).isLessThanOrEqualTo(launches);
        assertThat(cost[1]).as("library calls at time " + time).isLessThanOrEqualTo(libraryCalls);
        assertThat(cost[2]).as("waits at time " + time).isEqualTo(4);
        // two pairs of kernels, outputs with failures, and failures
        assertThat(cost[4])
            .as("bytes to the host at time " + time)
            .isEqualTo(8L * (4 * driving * driving + 2 * (train + test + 1) + 2));
        assertThat(cost[3])
            .as("bytes to the device at time " + time)
            .isLessThan(8L * (driving + 4) * (train + test + 4));
      }
    }
  }
}
