package org.richkernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.DeviceLostException;
import org.richkernel.compute.FieldPrecision;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.data.Datasets;
import org.richkernel.data.ZerosAndOnes;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;
import org.richkernel.network.NetworkSpec;
import org.richkernel.result.CheckpointDirectory;
import org.richkernel.result.DirectoryCheckpoints;
import org.richkernel.result.Snapshot;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopSignal;

/** Whole adaptive fits on the emulated device, with the code that runs on the processor. */
@OnEmulatedDevice
class DeviceFitTest {
  private static final int CUBLAS_ALLOC_FAILED = 3;
  private static final int LAUNCH_FAILED = 719;

  @TempDir Path folder;

  @AfterEach
  void oneDevice() {
    nothingIsLeftOnTheDevice();
    EmulatedDevice.setDevices(1);
    EmulatedDevice.setMemory(8L << 30);
    EmulatedDevice.setCaptures("allow");
  }

  private static void nothingIsLeftOnTheDevice() {
    for (String kind :
        new String[] {"liveAllocations", "contexts", "streams", "events", "modules", "graphs"}) {
      assertThat(EmulatedDevice.counter(kind)).as(kind).isZero();
    }
  }

  private static Backend open(Integer... devices) {
    return Backends.open(
        "cuda", BackendOptions.defaults().withDevices(List.of(devices)), line -> {});
  }

  private static Datasets digits(int train, int test) {
    return ZerosAndOnes.of(train, test);
  }

  private static AdaptiveNbk tiny() {
    return tiny(1);
  }

  private static AdaptiveNbk tiny(int layers) {
    return AdaptiveNbk.of(NetworkSpec.of(layers, Activation.TANH))
        .gamma(0.5)
        .beta(5)
        .samples(64)
        .seed(3)
        .maxSweeps(10);
  }

  /** Stops after so many sweeps of all chains. */
  private static RunControl stopAfter(long sweeps, CheckpointStore store) {
    StopSignal stop = new StopSignal();
    Progress.Listener listener =
        progress -> {
          if (progress.done() == sweeps) {
            stop.raise();
          }
        };
    return new RunControl(listener, stop, store);
  }

  private static RunControl checkpointed(
      Path where, boolean resume, long stopAfter, Runnable atThree) {
    DirectoryCheckpoints store =
        new DirectoryCheckpoints(
            new CheckpointDirectory(where, Map.of("seed", 3)), resume, 0, line -> {});
    RunControl control = stopAfter(stopAfter, store);
    return new RunControl(
        progress -> {
          control.listener().progress(progress);
          if (progress.done() == 3) {
            atThree.run();
          }
        },
        control.stop(),
        store);
  }

  private static Snapshot latest(Path where) {
    return new CheckpointDirectory(where, Map.of("seed", 3)).latest().orElseThrow();
  }

  /**
   * A checkpoint is written after every sweep; the failure strikes in the fourth. The resumed solve
   * must have the state of an undisturbed one after six sweeps, which determines its future.
   */
  private void requireResumable(
      Class<? extends RuntimeException> failure, String message, Runnable strike) {
    Datasets data = digits(12, 6);
    Path undisturbed = folder.resolve("undisturbed");
    Path struck = folder.resolve("struck");
    try (Backend backend = open(0)) {
      assertThat(tiny().fit(data, backend, checkpointed(undisturbed, false, 6, () -> {})))
          .isEmpty();
    }
    assertThatThrownBy(
            () -> {
              try (Backend backend = open(0)) {
                tiny().fit(data, backend, checkpointed(struck, false, 6, strike));
              }
            })
        .isInstanceOf(failure)
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    nothingIsLeftOnTheDevice();
    assertThat(latest(struck).iteration()).isEqualTo(3);
    // a process that lost its device starts anew
    EmulatedDevice.reset();
    try (Backend backend = open(0)) {
      assertThat(tiny().fit(data, backend, checkpointed(struck, true, 6, () -> {}))).isEmpty();
    }
    assertThat(latest(struck).iteration()).isEqualTo(6);
    requireSameBits(latest(struck), latest(undisturbed));
  }

  private static void requireSameBits(Snapshot resumed, Snapshot expected) {
    assertThat(resumed.arrays().keySet())
        .isEqualTo(expected.arrays().keySet())
        .hasSizeGreaterThan(20);
    for (String name : expected.arrays().keySet()) {
      assertThat(resumed.arrays().get(name).values())
          .as(name)
          .isEqualTo(expected.arrays().get(name).values());
    }
  }

  /** Everything that determines the future of a solve, averages and predictions included. */
  private Snapshot after(long sweeps, String name, Integer... devices) {
    Path where = folder.resolve(name);
    try (Backend backend = open(devices)) {
      RunControl control = checkpointed(where, false, sweeps, () -> {});
      assertThat(tiny().fit(digits(12, 6), backend, control)).isEmpty();
      for (Backend each : backend.devices()) {
        assertThat(each.peakBytes()).as("bytes on %s", each.info()).isGreaterThan(20_000);
      }
    }
    return latest(where);
  }

  /**
   * Chains are spread, not cut, so the bits are those of one device. Two devices hold a chain at S
   * and one at S/4 each; they go through the burn-in (40 sweeps) and two measured sweeps. Of three
   * devices one holds two chains.
   */
  @Test
  void severalDevicesGiveTheBitsOfOne() {
    EmulatedDevice.setDevices(4);
    requireSameBits(after(42, "two", 1, 3), after(42, "one", 0));
    requireSameBits(after(3, "three", 2, 0, 1), after(3, "short", 0));
  }

  /** Memory for so many lanes: one more for each 256 MiB. */
  private static Backend openWithLanes(int lanes) {
    EmulatedDevice.setMemory((lanes << 28) - (64L << 20));
    return open(0);
  }

  private Snapshot inLanes(int lanes, int layers, long sweeps) {
    Path where = folder.resolve(layers + " layers in lanes " + lanes);
    try (Backend backend = openWithLanes(lanes)) {
      RunControl control = checkpointed(where, false, sweeps, () -> {});
      assertThat(tiny(layers).fit(digits(12, 6), backend, control)).isEmpty();
      assertThat(backend.info().lanes()).isEqualTo(lanes);
    }
    return latest(where);
  }

  /** Through the burn-in and two measured sweeps. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void lanesGiveTheBitsOfOne(int layers) {
    Snapshot one = inLanes(1, layers, layers == 1 ? 42 : 6);
    requireSameBits(inLanes(2, layers, layers == 1 ? 42 : 6), one);
    requireSameBits(inLanes(3, layers, layers == 1 ? 42 : 6), one);
    requireSameBits(inLanes(4, layers, layers == 1 ? 42 : 6), one);
  }

  /** In four lanes with graphs, in one without; two determinants beside the plain saddle. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void graphsChangeNoBit(int layers) {
    long before = EmulatedDevice.counter("graphLaunches");
    Snapshot graphs = inLanes(4, layers, 6);
    assertThat(EmulatedDevice.counter("graphLaunches") - before).isGreaterThan(50);
    EmulatedDevice.setCaptures("refuse");
    requireSameBits(inLanes(1, layers, 6), graphs);
    EmulatedDevice.setCaptures("without-solver");
    requireSameBits(inLanes(2, layers, 6), graphs);
  }

  @Test
  void solveInOneLaneResumesInFour() {
    Datasets data = digits(12, 6);
    Snapshot undisturbed = inLanes(4, 2, 6);
    Path where = folder.resolve("resumed");
    try (Backend backend = openWithLanes(1)) {
      assertThat(tiny(2).fit(data, backend, checkpointed(where, false, 3, () -> {}))).isEmpty();
    }
    try (Backend backend = openWithLanes(4)) {
      assertThat(tiny(2).fit(data, backend, checkpointed(where, true, 6, () -> {}))).isEmpty();
    }
    requireSameBits(latest(where), undisturbed);
  }

  @Test
  void planSaysWhatEachLaneHolds() {
    try (Backend backend = openWithLanes(2)) {
      String plan = tiny().plan(digits(12, 6), backend).describe();
      assertThat(plan).contains("lane 1: position", "lane 2: position").doesNotContain("lane 3");
    }
    try (Backend backend = openWithLanes(1)) {
      assertThat(tiny().plan(digits(12, 6), backend).describe()).doesNotContain("lane");
    }
  }

  @Test
  void planKnowsTheScratchMemoryOfFactorsInParts() {
    BackendOptions options = BackendOptions.defaults().withPrecision(FieldPrecision.TF32X3);
    try (Backend parts = Backends.open("cuda", options, line -> {});
        Backend plain = open(0)) {
      AdaptiveNbk larger = tiny().samples(4096);
      assertThat(larger.plan(digits(12, 6), parts).describe())
          .contains("lane 1: factors in parts", "lane 4: factors in parts");
      assertThat(larger.plan(digits(12, 6), plain).describe())
          .contains("lane 4: phi")
          .doesNotContain("factors in parts");
    }
  }

  @Test
  void solveThatLosesOneOfTwoDevicesResumesOnTheOtherAlone() {
    EmulatedDevice.setDevices(2);
    Datasets data = digits(12, 6);
    Path undisturbed = folder.resolve("undisturbed");
    Path struck = folder.resolve("struck");
    try (Backend backend = open(0)) {
      assertThat(tiny().fit(data, backend, checkpointed(undisturbed, false, 6, () -> {})))
          .isEmpty();
    }
    assertThatThrownBy(
            () -> {
              try (Backend backend = open(0, 1)) {
                Runnable strike = () -> EmulatedDevice.fail("launch", 200, LAUNCH_FAILED);
                tiny().fit(data, backend, checkpointed(struck, false, 6, strike));
              }
            })
        .isInstanceOf(DeviceLostException.class)
        .hasMessageContaining("CUDA_ERROR_LAUNCH_FAILED");
    nothingIsLeftOnTheDevice();
    assertThat(latest(struck).iteration()).isEqualTo(3);
    try (Backend backend = open(1)) {
      assertThat(tiny().fit(data, backend, checkpointed(struck, true, 6, () -> {}))).isEmpty();
    }
    requireSameBits(latest(struck), latest(undisturbed));
  }

  /** Without graphs, whose products no longer ask a library for memory. */
  @Test
  void solveThatRunsOutOfDeviceMemoryResumesFromItsCheckpoint() {
    EmulatedDevice.setCaptures("refuse");
    requireResumable(
        OutOfDeviceMemoryException.class,
        "gemm of",
        () -> EmulatedDevice.fail("cublasSgemm_v2", 30, CUBLAS_ALLOC_FAILED));
  }

  @Test
  void solveThatLosesItsDeviceResumesFromItsCheckpoint() {
    requireResumable(
        DeviceLostException.class,
        "--resume",
        () -> EmulatedDevice.fail("launch", 200, LAUNCH_FAILED));
  }
}
