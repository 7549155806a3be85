package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.compute.Precision;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;

@OnEmulatedDevice
class DeviceMemoryTest {
  private static CudaBackend open(long limit) {
    return (CudaBackend) new CudaBackendProvider().open(new BackendOptions(1, limit));
  }

  @Test
  void sameShapesAgainCostTheDeviceNoAllocation() {
    try (CudaBackend backend = open(Long.MAX_VALUE)) {
      backend.allocate(Precision.FLOAT32, 100, 100, "first").close();
      long before = EmulatedDevice.counter("allocations");
      for (int i = 0; i < 50; i++) {
        backend.allocate(Precision.FLOAT64, 100, 50, "again").close();
      }
      assertThat(EmulatedDevice.counter("allocations")).isEqualTo(before);
    }
  }

  @Test
  void cacheGivesWayToTheLimit() {
    try (CudaBackend backend = open(1_000_000)) {
      for (int rows = 1; rows < 100; rows++) {
        backend.allocate(Precision.FLOAT64, rows, 1000, "growing").close();
        assertThat(backend.memory().cachedBytes()).isLessThanOrEqualTo(1_000_000 + 512);
      }
      assertThat(EmulatedDevice.counter("peakBytes")).isLessThan(1_100_000);
    }
  }

  @Test
  void cacheGivesWayToTheDevice() {
    EmulatedDevice.setMemory(64 << 20);
    try (CudaBackend backend = open(Long.MAX_VALUE)) {
      backend.allocate(Precision.FLOAT32, 10, 1 << 20, "first").close();
      try (Matrix second = backend.allocate(Precision.FLOAT32, 13, 1 << 20, "second")) {
        assertThat(second.isClosed()).isFalse();
        assertThat(backend.memory().cachedBytes()).isLessThan(1 << 20);
      }
    }
  }

  @Test
  void randomTrafficLeavesNothingBehind() {
    SplittableRandom random = new SplittableRandom(5);
    try (CudaBackend backend = open(8 << 20)) {
      Deque<Matrix> held = new ArrayDeque<>();
      int refused = 0;
      for (int i = 0; i < 2000; i++) {
        if (random.nextInt(3) > 0) {
          try {
            held.add(
                backend.allocate(
                    Precision.FLOAT32, random.nextInt(60), random.nextInt(2000), "random"));
          } catch (OutOfDeviceMemoryException e) {
            refused++;
            held.poll().close();
          }
        } else if (!held.isEmpty()) {
          (random.nextBoolean() ? held.pollFirst() : held.pollLast()).close();
        }
        long bytes = held.stream().mapToLong(m -> m.size() * Float.BYTES).sum();
        assertThat(backend.allocatedBytes()).isEqualTo(bytes);
        assertThat(backend.openMatrices()).isEqualTo(held.size());
      }
      assertThat(refused).isPositive();
      held.forEach(Matrix::close);
      assertThat(backend.allocatedBytes()).isZero();
    }
    assertThat(EmulatedDevice.counter("liveAllocations")).isZero();
  }

  @Test
  void outOfMemoryInTheMiddleOfAnOperationLeavesTheBackendUsable() {
    try (CudaBackend backend = open(Long.MAX_VALUE);
        Matrix x = backend.allocate(Precision.FLOAT32, 3000, 20, "x");
        Matrix c = backend.allocate(Precision.FLOAT64, 20, 20, "c")) {
      backend.fillGaussian(1, 2, 3, x);
      long before = backend.allocatedBytes();
      // the allocator asks a second time after it emptied its cache
      EmulatedDevice.fail("cuMemAlloc_v2", 1, 2);
      EmulatedDevice.fail("cuMemAlloc_v2", 2, 2);
      assertThatThrownBy(() -> backend.gram(1, x, 0, c))
          .isInstanceOf(OutOfDeviceMemoryException.class)
          .hasMessageContaining("scratch memory for GRAM_PANELS")
          .hasMessageContaining("lower the number of samples");
      assertThat(backend.allocatedBytes()).isEqualTo(before);
      backend.gram(1, x, 0, c);
      assertThat(backend.sum(c)).isNotZero();
    }
    assertThat(EmulatedDevice.counter("liveAllocations")).isZero();
  }

  /**
   * On the emulated device a batch of panels rounds otherwise than panels one by one. The matrices
   * take 17.2 MB and the three panels of a tile 3.2 MB, which the smaller memories just hold, as
   * what the driver has and as what the backend may take.
   */
  @Test
  void memoryThatIsLeftDoesNotChangeTheBitsOfGram() {
    double[] plenty;
    try (CudaBackend backend = open(Long.MAX_VALUE)) {
      plenty = CudaLargeShapesTest.gram(backend);
    }
    try (CudaBackend backend = open(20_500_000)) {
      assertThat(CudaLargeShapesTest.gram(backend)).isEqualTo(plenty);
    }
    EmulatedDevice.setMemory(21_000_000);
    try (CudaBackend backend = open(Long.MAX_VALUE)) {
      assertThat(CudaLargeShapesTest.gram(backend)).isEqualTo(plenty);
    }
  }

  /**
   * A device of 200 MB, of which context and libraries take half: a plan counts an eighth more than
   * its matrices, and a dry run says both.
   */
  @Test
  void planCountsWhatTheDeviceTakesBesideTheMatrices() {
    EmulatedDevice.setMemory(200_000_000);
    EmulatedDevice.setContextMemory(100_000_000);
    try (CudaBackend backend = open(Long.MAX_VALUE)) {
      assertThat(backend.takenBytes()).isEqualTo(100_000_000);
      assertThat(backend.availableBytes()).isBetween(99_000_000L, 100_000_000L);
      MemoryPlan fits = new MemoryPlan().add("a", Precision.FLOAT32, 1000, 21_900);
      fits.requireFits(backend, "lower it");
      assertThat(fits.describe(backend).replaceAll(" +", " "))
          .contains("rounding of the matrices by the device, at most 11.0 MB")
          .contains("taken of the device by context, libraries and others 100.0 MB")
          .contains("total 447.8 MB");
      assertThat(fits.describe()).doesNotContain("device");
      MemoryPlan large = new MemoryPlan().add("a", Precision.FLOAT32, 1000, 22_300);
      assertThatThrownBy(() -> large.requireFits(backend, "lower it"))
          .isInstanceOf(OutOfDeviceMemoryException.class)
          .hasMessageContaining("100.4 MB")
          .hasMessageContaining("lower it");
    }
  }

  /** Memory that another program holds when the backend opens is none that a plan could have. */
  @Test
  void memoryOfOthersIsTakenToo() {
    try (CudaBackend other = open(Long.MAX_VALUE);
        Matrix x = other.allocate(Precision.FLOAT32, 1000, 1000, "x");
        CudaBackend backend = open(Long.MAX_VALUE)) {
      assertThat(backend.takenBytes()).isGreaterThanOrEqualTo(x.size() * Float.BYTES);
      assertThat(backend.takenBytes()).isLessThan(x.size() * Float.BYTES + 100_000);
    }
  }

  @Test
  void closingLeavesNothingOnTheDevice() {
    CudaBackend backend = open(Long.MAX_VALUE);
    try (Matrix x = backend.allocate(Precision.FLOAT32, 3000, 10, "x");
        Matrix c = backend.allocate(Precision.FLOAT64, 10, 10, "c")) {
      backend.fillGaussian(1, 2, 3, x);
      backend.gram(1, x, 0, c);
      backend.cholesky(c);
      backend.logDeterminant(c);
      assertThat(EmulatedDevice.counter("liveAllocations")).isGreaterThan(2);
    }
    backend.close();
    assertThat(backend.allocatedBytes()).isZero();
    assertThat(backend.openMatrices()).isZero();
    for (String kind :
        new String[] {"liveAllocations", "contexts", "streams", "events", "modules"}) {
      assertThat(EmulatedDevice.counter(kind)).as(kind).isZero();
    }
    assertThat(EmulatedDevice.leaks()).isZero();
  }
}
