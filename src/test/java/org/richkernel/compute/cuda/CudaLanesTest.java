package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.DeviceLostException;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;

/** Several lanes of one device. */
@OnEmulatedDevice
class CudaLanesTest {
  private static final long GIBIBYTE = 1L << 30;

  @AfterEach
  void nothingIsLeftOnTheDevice() {
    for (String kind : List.of("liveAllocations", "contexts", "streams", "events", "modules")) {
      assertThat(EmulatedDevice.counter(kind)).as(kind).isZero();
    }
    EmulatedDevice.setMemory(8 * GIBIBYTE);
  }

  private static Backend open(BackendOptions options) {
    return Backends.open("cuda", options, line -> {});
  }

  private static Backend open() {
    return open(BackendOptions.defaults());
  }

  /** A factorization that goes through all parts of a backend. */
  private static double work(Backend backend) {
    try (Matrix x = backend.allocate(Precision.FLOAT32, 1500, 40, "x");
        Matrix c = backend.allocate(Precision.FLOAT64, 40, 40, "c")) {
      backend.fillGaussian(1, 2, 0, x);
      backend.gram(1.0 / 1500, x, 0, c);
      backend.cholesky(c);
      return backend.logDeterminant(c);
    }
  }

  @Test
  void lanesShareContextAndModulesAndHaveStreamsOfTheirOwn() {
    try (Backend first = open()) {
      double expected = work(first);
      long modules = EmulatedDevice.counter("modules");
      List<Backend> lanes = first.lanes(3);
      assertThat(lanes).hasSize(3).startsWith(first);
      assertThat(first.lanes(2)).isEqualTo(lanes.subList(0, 2));
      assertThat(first.info().lanes()).isEqualTo(3);
      for (Backend lane : lanes) {
        assertThat(work(lane)).isEqualTo(expected);
      }
      assertThat(EmulatedDevice.counter("modules")).isEqualTo(modules);
      assertThat(EmulatedDevice.counter("contexts")).isOne();
      assertThat(EmulatedDevice.counter("streams")).isEqualTo(2 * 3);
    }
  }

  @Test
  void lanesComputeOnThreadsOfTheirOwn() {
    try (Backend first = open()) {
      double expected = work(first);
      List<CompletableFuture<Double>> under = new ArrayList<>();
      for (Backend lane : first.lanes(4)) {
        under.add(CompletableFuture.supplyAsync(() -> work(lane)));
      }
      assertThat(under).allSatisfy(one -> assertThat(one.join()).isEqualTo(expected));
    }
  }

  @Test
  void laneThatIsInUseRefusesOtherThreadsAndItsMatricesOtherLanes() {
    try (Backend first = open()) {
      Backend second = first.lanes(2).get(1);
      try (Matrix x = second.allocate(Precision.FLOAT32, 4, 3, "x")) {
        assertThatThrownBy(() -> first.fill(1, x)).hasMessageContaining("belongs to another");
        assertThat(catchThrowable(() -> CompletableFuture.runAsync(() -> second.fill(1, x)).join()))
            .hasMessageContaining("is in use by thread");
        // the other lane is free
        CompletableFuture.supplyAsync(() -> work(first)).join();
      }
    }
  }

  @Test
  void memoryIsCountedForAllLanesTogether() {
    long scratch;
    try (Backend first = open()) {
      scratch = first.allocatedBytes();
      Backend second = first.lanes(2).get(1);
      try (Matrix x = first.allocate(Precision.FLOAT32, 100, 100, "x");
          Matrix y = second.allocate(Precision.FLOAT64, 100, 100, "y")) {
        assertThat(first.allocatedBytes() - scratch).isEqualTo(x.size() * 4 + y.size() * 8);
        assertThat(first.openMatrices()).isOne();
      }
      assertThat(second.allocatedBytes()).isEqualTo(scratch);
      assertThat(first.peakBytes()).isEqualTo(scratch + 120_000);
    }
    try (Backend first = open(BackendOptions.defaults().withMemoryLimit(1_000_000))) {
      Backend second = first.lanes(2).get(1);
      try (Matrix x = first.allocate(Precision.FLOAT32, 100, 2000, "x")) {
        assertThatThrownBy(() -> second.allocate(Precision.FLOAT32, 100, 1000, "y"))
            .isInstanceOf(OutOfDeviceMemoryException.class)
            .hasMessageContaining("y (100 x 1000, FLOAT32) needs 0.4 MB but 0.2 MB are free");
        assertThat(x.isClosed()).isFalse();
      }
    }
  }

  /** What a lane keeps for reuse is no use to another, which must get it all the same. */
  @Test
  void whatOneLaneKeepsIsFreedForAnother() {
    EmulatedDevice.setMemory(64 << 20);
    try (Backend first = open()) {
      Backend second = first.lanes(2).get(1);
      first.allocate(Precision.FLOAT32, 40, 1 << 18, "kept").close();
      second.allocate(Precision.FLOAT32, 50, 1 << 18, "wanted").close();
    }
    try (Backend first = open(BackendOptions.defaults().withMemoryLimit(64 << 20))) {
      Backend second = first.lanes(2).get(1);
      first.allocate(Precision.FLOAT32, 40, 1 << 18, "kept").close();
      second.allocate(Precision.FLOAT32, 50, 1 << 18, "wanted").close();
      assertThat(EmulatedDevice.counter("peakBytes")).isLessThan(64 << 20);
    }
  }

  @Test
  void thereAreFewerLanesWhereMemoryIsShort() {
    try (Backend backend = open()) {
      assertThat(backend.mostLanes(0)).isEqualTo(8);
      assertThat(backend.lanes(20)).hasSize(8);
      assertThat(backend.mostLanes(9 * GIBIBYTE)).isOne();
    }
    EmulatedDevice.setMemory(GIBIBYTE);
    try (Backend backend = open()) {
      assertThat(backend.mostLanes(0)).isEqualTo(5);
      assertThat(backend.mostLanes(600 << 20)).isEqualTo(2);
      assertThat(backend.mostLanes(900 << 20)).isOne();
    }
    try (Backend backend = open(BackendOptions.defaults().withMemoryLimit(1_000_000))) {
      assertThat(backend.mostLanes(900_000)).isEqualTo(4);
      assertThat(backend.mostLanes(1_100_000)).isOne();
    }
  }

  @Test
  void deviceIsLostToAllLanes() {
    try (Backend first = open()) {
      Backend second = first.lanes(2).get(1);
      try (Matrix x = first.allocate(Precision.FLOAT32, 4, 3, "x");
          Matrix y = second.allocate(Precision.FLOAT32, 4, 3, "y")) {
        EmulatedDevice.fail("launch", 1, 719);
        assertThat(catchThrowable(() -> second.fill(1, y))).hasMessageContaining("fill of y");
        assertThatThrownBy(() -> first.fill(2, x))
            .isInstanceOf(DeviceLostException.class)
            .hasMessageContaining("fill of x")
            .hasMessageContaining("cuLaunchKernel answered CUDA_ERROR_LAUNCH_FAILED");
      }
    }
    EmulatedDevice.reset();
  }

  @Test
  void matrixLeftOpenInALaneIsNamedWhenTheFirstCloses() {
    Backend first = open();
    Matrix left = first.lanes(2).get(1).allocate(Precision.FLOAT32, 2, 3, "forgotten");
    assertThatThrownBy(first::close)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("forgotten (2 x 3, FLOAT32)");
    assertThat(left.isClosed()).isTrue();
  }

  @Test
  void laneThatCannotBeOpenedLeavesTheOthersAtWork() {
    try (Backend first = open()) {
      EmulatedDevice.fail("cusolverDnCreate", 1, 1);
      assertThatThrownBy(() -> first.lanes(2)).hasMessageContaining("cusolverDnCreate");
      assertThat(EmulatedDevice.counter("streams")).isEqualTo(2);
      double expected = work(first);
      Backend second = first.lanes(2).get(1);
      assertThat(work(second)).isEqualTo(expected);
      try (Matrix x = second.allocate(Precision.FLOAT64, 20, 30, "x");
          Matrix c = second.allocate(Precision.FLOAT64, 20, 20, "c")) {
        second.fill(2, x);
        second.gemm(Transpose.NO, Transpose.YES, 1, x, x, 0, c);
        assertThat(second.sum(c)).isEqualTo(20 * 20 * 30 * 4.0);
      }
    }
  }
}
