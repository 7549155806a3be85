package org.richkernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.bayes.AdaptiveNbkSolution.Estimate;
import org.richkernel.bayes.AdaptiveNbkSolution.Layer;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.DeviceLostException;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.Datasets;
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
  private static final int SOLVES = 40;

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeftOnTheDevice() {
    for (String kind :
        new String[] {"liveAllocations", "contexts", "streams", "events", "modules"}) {
      assertThat(EmulatedDevice.counter(kind)).as(kind).isZero();
    }
  }

  private static Backend open(String name) {
    return Backends.open(name, BackendOptions.defaults(), line -> {});
  }

  private static Datasets digits(int train, int test) {
    return DatasetReader.train(
            "test-data/mnist01-train-images-idx3-ubyte.gz",
            "test-data/mnist01-train-labels-idx1-ubyte.gz")
        .test(
            "test-data/mnist01-test-images-idx3-ubyte.gz",
            "test-data/mnist01-test-labels-idx1-ubyte.gz")
        .classes(0, 1)
        .trainSize(train)
        .testSize(test)
        .read();
  }

  private static AdaptiveNbkFit fit(
      String backendName, AdaptiveNbk model, Datasets data, RunControl control) {
    try (Backend backend = open(backendName)) {
      AdaptiveNbkFit fit = model.fit(data, backend, control).orElseThrow();
      assertThat(fit.result(Map.of(), 0).summary()).isNotNull();
      return fit;
    }
  }

  private static void requireAgreement(String what, Estimate device, Estimate processor) {
    double error = Math.hypot(device.error(), processor.error());
    assertThat(error).as("standard error of %s", what).isPositive();
    assertThat(error / Math.abs(processor.value()))
        .as("relative error of %s", what)
        .isLessThan(0.1);
    assertThat(device.value()).as(what).isCloseTo(processor.value(), within(4 * error));
  }

  /**
   * Four standard errors of the difference: the eigenvectors that span the fields have other signs
   * on the device, so that the chains of the two backends are independent of each other.
   */
  @Test
  void fitsOfBothBackendsAgreeWithinTheirErrors() {
    Datasets data = digits(60, 40);
    AdaptiveNbk model =
        AdaptiveNbk.of(NetworkSpec.of(1, Activation.RELU))
            .gamma(1)
            .beta(10)
            .samples(64)
            .maxSweeps(25);
    AdaptiveNbkFit device = fit("cuda", model, data, RunControl.silent());
    AdaptiveNbkFit processor = fit("cpu", model, data, RunControl.silent());
    Layer a = device.solution().layers().get(0);
    Layer b = processor.solution().layers().get(0);
    requireAgreement("alignment", a.alignment(), b.alignment());
    requireAgreement("trace", a.trace(), b.trace());
    requireAgreement("norm", a.frobenius(), b.frobenius());
    requireAgreement("dual fit", device.solution().dualFit(), processor.solution().dualFit());
    assertThat(device.testScores().orElseThrow().loss())
        .isCloseTo(
            processor.testScores().orElseThrow().loss(),
            within(4 * (device.testLossError() + processor.testLossError())));
    // the closed form beside it has no Monte Carlo error
    assertThat(device.lazy().testScores().orElseThrow().loss())
        .isCloseTo(processor.lazy().testScores().orElseThrow().loss(), within(1e-9));
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  private static AdaptiveNbk tiny() {
    return AdaptiveNbk.of(NetworkSpec.of(1, Activation.TANH))
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

  private static void solveOneSweep(Datasets data) {
    try (Backend backend = open("cuda")) {
      assertThat(tiny().fit(data, backend, stopAfter(1, CheckpointStore.none()))).isEmpty();
    }
  }

  /**
   * Solves that are stopped after a sweep, each with a backend of its own: everything is acquired
   * and given back as in a finished fit.
   */
  @Test
  void manySolvesLeaveNothingOnTheDevice() {
    Datasets data = digits(60, 4);
    long allocations = EmulatedDevice.counter("allocations");
    for (int i = 0; i < SOLVES; i++) {
      solveOneSweep(data);
      assertThat(EmulatedDevice.counter("liveBytes")).isZero();
    }
    long made = EmulatedDevice.counter("allocations") - allocations;
    assertThat(made).isGreaterThan(SOLVES * 50L);
  }

  private static RunControl checkpointed(
      Path where, boolean resume, long stopAfter, Runnable atThree) {
    DirectoryCheckpoints store =
        new DirectoryCheckpoints(new CheckpointDirectory(where, Map.of("seed", 3)), resume, 0);
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
    try (Backend backend = open("cuda")) {
      assertThat(tiny().fit(data, backend, checkpointed(undisturbed, false, 6, () -> {})))
          .isEmpty();
    }
    assertThatThrownBy(
            () -> {
              try (Backend backend = open("cuda")) {
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
    try (Backend backend = open("cuda")) {
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

  @Test
  void solveThatRunsOutOfDeviceMemoryResumesFromItsCheckpoint() {
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
