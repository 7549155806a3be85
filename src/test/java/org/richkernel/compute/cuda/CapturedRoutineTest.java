package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.DeviceLostException;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Routine;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;

@OnEmulatedDevice
class CapturedRoutineTest {
  private static final int S = 1500;
  private static final int P = 40;

  private Backend backend;
  private Matrix x;
  private Matrix c;
  private Matrix v;
  private Matrix failures;

  @BeforeEach
  void open() {
    backend = new CudaBackendProvider().open(BackendOptions.defaults());
    allocate(backend);
  }

  private void allocate(Backend on) {
    x = on.allocate(Precision.FLOAT32, S, P, "x");
    c = on.allocate(Precision.FLOAT64, P, P, "c");
    v = on.allocate(Precision.FLOAT64, P, 1, "v");
    failures = on.allocate(Precision.FLOAT64, 1, 1, "failures");
    on.fillGaussian(1, 2, 0, x);
    on.fill(1, v);
  }

  private void closeMatrices() {
    for (Matrix matrix : new Matrix[] {x, c, v, failures}) {
      matrix.close();
    }
  }

  @AfterEach
  void close() {
    closeMatrices();
    backend.close();
    EmulatedDevice.setCaptures("allow");
    assertThat(EmulatedDevice.counter("graphs")).as("graphs").isZero();
    assertThat(EmulatedDevice.counter("liveAllocations")).isZero();
  }

  /** v = (X^T X / S + 1)^{-1} v, and X a little smaller: another result at each run. */
  private void step(Backend on) {
    on.gram(1.0 / S, x, 0, c);
    on.addDiagonal(1, c);
    on.cholesky(c, failures);
    on.solveCholesky(c, v);
    on.solveTriangular(Side.LEFT, Transpose.NO, 1, c, v);
    on.scale(0.9, x);
  }

  private double[] result(Backend on) {
    double[] values = new double[P];
    on.download(v, values);
    return values;
  }

  /** The numbers of six runs from the start, one by one. */
  private double[][] runs(Runnable each) {
    backend.fillGaussian(1, 2, 0, x);
    backend.fill(1, v);
    double[][] results = new double[6][];
    for (int i = 0; i < results.length; i++) {
      each.run();
      results[i] = result(backend);
    }
    return results;
  }

  @Test
  void launchesOfAGraphGiveTheBitsOfTheOperations() {
    double[][] plain = runs(() -> step(backend));
    assertThat(plain[5]).isNotEqualTo(plain[4]);
    try (Routine routine = backend.routine("step", () -> step(backend))) {
      long before = EmulatedDevice.counter("graphLaunches");
      assertThat(runs(routine::run)).isDeepEqualTo(plain);
      assertThat(EmulatedDevice.counter("graphLaunches") - before).isEqualTo(5);
      long launches = EmulatedDevice.counter("launches");
      long calls = EmulatedDevice.counter("libraryCalls");
      routine.run();
      assertThat(EmulatedDevice.counter("launches")).isEqualTo(launches);
      assertThat(EmulatedDevice.counter("libraryCalls")).isEqualTo(calls);
    }
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"refuse", "without-solver"})
  void whereNoCaptureIsAgreedToOperationsAreLaunchedOneByOne(String captures) {
    double[][] plain = runs(() -> step(backend));
    EmulatedDevice.setCaptures(captures);
    try (Routine routine = backend.routine("step", () -> step(backend))) {
      assertThat(runs(routine::run)).isDeepEqualTo(plain);
    }
    assertThat(EmulatedDevice.counter("graphLaunches")).isZero();
    // it is not asked again
    EmulatedDevice.setCaptures("allow");
    try (Routine routine = backend.routine("step", () -> step(backend))) {
      assertThat(runs(routine::run)).isDeepEqualTo(plain);
    }
    assertThat(EmulatedDevice.counter("graphLaunches")).isZero();
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "cuStreamBeginCapture_v2, 801",
    "cuStreamEndCapture, 901",
    "cuGraphInstantiateWithFlags, 2",
    "cublasSgemmStridedBatched, 14",
    "cusolverDnDpotrs, 7"
  })
  void anyFailureOfACaptureLeavesTheOperations(String call, int error) {
    double[][] plain = runs(() -> step(backend));
    try (Routine routine = backend.routine("step", () -> step(backend))) {
      routine.run();
      EmulatedDevice.fail(call, 1, error);
      routine.run();
      assertThat(EmulatedDevice.counter("graphLaunches")).isZero();
      assertThat(runs(routine::run)).isDeepEqualTo(plain);
    }
  }

  /** A number that the host asks for cannot be known while nothing is done. */
  @Test
  void workThatWaitsIsDoneOperationByOperation() {
    double[] sums = new double[4];
    int[] run = {0};
    try (Routine routine = backend.routine("sum", () -> sums[run[0]] = backend.sum(v))) {
      for (; run[0] < sums.length; run[0]++) {
        backend.fill(run[0], v);
        routine.run();
      }
    }
    assertThat(sums).containsExactly(0, P, 2 * P, 3 * P);
    assertThat(EmulatedDevice.counter("graphLaunches")).isZero();
  }

  /** Addresses are copied into the graph: scratch memory that moved must be captured anew. */
  @Test
  void graphDoesNotOutliveTheScratchMemoryThatItUses() {
    double[][] plain = runs(() -> step(backend));
    try (Routine routine = backend.routine("step", () -> step(backend));
        Matrix wide = backend.allocate(Precision.FLOAT32, 3000, 200, "wide");
        Matrix product = backend.allocate(Precision.FLOAT64, 200, 200, "product")) {
      int[] run = {0};
      assertThat(
              runs(
                  () -> {
                    long before = EmulatedDevice.counter("graphLaunches");
                    routine.run();
                    assertThat(EmulatedDevice.counter("graphLaunches") - before)
                        .as("run %d", run[0])
                        .isEqualTo(run[0] == 0 || run[0] == 3 ? 0 : 1);
                    if (run[0]++ == 2) {
                      backend.gram(1, wide, 0, product);
                      // what held the scratch memory may be anyone's now
                      ((CudaBackend) backend).memory().emptyCaches();
                    }
                  }))
          .isDeepEqualTo(plain);
    }
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  @Test
  void routineWithinARoutineIsPartOfIt() {
    double[][] plain = runs(() -> step(backend));
    try (Routine inner = backend.routine("inner", () -> step(backend));
        Routine outer = backend.routine("outer", inner::run)) {
      assertThat(runs(outer::run)).isDeepEqualTo(plain);
    }
  }

  @Test
  void deviceThatIsLostInAGraphIsNamedWithTheWork() {
    Routine routine = backend.routine("the step", () -> step(backend));
    routine.run();
    routine.run();
    EmulatedDevice.fail("launch", 3, 719);
    assertThatThrownBy(routine::run)
        .isInstanceOf(DeviceLostException.class)
        .hasMessageContaining(
            "lost while the step: cuGraphLaunch answered CUDA_ERROR_LAUNCH_FAILED")
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    routine.close();
    close();
    EmulatedDevice.reset();
    open();
  }

  @Test
  void closedRoutinesAndBackendsLeaveNoGraphs() {
    Routine closed = backend.routine("closed", () -> step(backend));
    Routine left = backend.routine("left", () -> step(backend));
    for (int i = 0; i < 3; i++) {
      closed.run();
      left.run();
    }
    assertThat(EmulatedDevice.counter("graphs")).isEqualTo(2);
    closed.close();
    closed.close();
    assertThat(EmulatedDevice.counter("graphs")).isOne();
    assertThatThrownBy(closed::run).hasMessageContaining("closed is closed");
  }

  /** A capture on one lane while another waits for its own work and moves data. */
  @Test
  void captureIsNotDisturbedByOtherLanes() throws Exception {
    Backend second = backend.lanes(2).get(1);
    double[][] plain = runs(() -> step(backend));
    closeMatrices();
    Matrix mine = backend.allocate(Precision.FLOAT64, 2, 2, "mine");
    backend.fill(1, mine);
    assertThat(backend.sum(mine)).isEqualTo(4);
    CyclicBarrier barrier = new CyclicBarrier(2);
    CompletableFuture<double[]> other =
        CompletableFuture.supplyAsync(
            () -> {
              allocate(second);
              Runnable work =
                  () -> {
                    step(second);
                    await(barrier);
                    await(barrier);
                  };
              try (Routine routine = second.routine("step", work)) {
                routine.run();
                routine.run();
                double[] values = result(second);
                closeMatrices();
                return values;
              }
            });
    await(barrier);
    await(barrier); // the plain run
    await(barrier);
    backend.fill(2, mine);
    assertThat(backend.sum(mine)).isEqualTo(8);
    await(barrier);
    mine.close();
    assertThat(other.get(1, TimeUnit.MINUTES)).isEqualTo(plain[1]);
    assertThat(EmulatedDevice.counter("graphLaunches")).isOne();
    allocate(backend);
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await(1, TimeUnit.MINUTES);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
