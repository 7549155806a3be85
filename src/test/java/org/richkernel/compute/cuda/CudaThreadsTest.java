package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;

@OnEmulatedDevice
class CudaThreadsTest {
  @Test
  void backendMayMoveFromThreadToThread() {
    Backend backend = new CudaBackendProvider().open(BackendOptions.defaults());
    Matrix x = backend.allocate(Precision.FLOAT64, 20, 30, "x");
    Matrix c = backend.allocate(Precision.FLOAT64, 20, 20, "c");
    Thread first = Thread.currentThread();
    double elsewhere =
        CompletableFuture.supplyAsync(
                () -> {
                  backend.handOver(first, Thread.currentThread());
                  backend.fill(2, x);
                  backend.gemm(Transpose.NO, Transpose.YES, 1, x, x, 0, c);
                  double sum = backend.sum(c);
                  backend.handOver(Thread.currentThread(), first);
                  return sum;
                })
            .join();
    assertThat(elsewhere).isEqualTo(20 * 20 * 30 * 4.0);
    assertThat(backend.sum(c)).isEqualTo(elsewhere);
    x.close();
    c.close();
    CompletableFuture.runAsync(backend::close).join();
    assertThat(EmulatedDevice.counter("liveAllocations")).isZero();
    assertThat(EmulatedDevice.counter("contexts")).isZero();
  }

  @Test
  void twoBackendsOnOneDeviceDoNotDisturbEachOther() {
    try (Backend first = new CudaBackendProvider().open(BackendOptions.defaults());
        Matrix x = first.allocate(Precision.FLOAT32, 5, 5, "x")) {
      try (Backend second = new CudaBackendProvider().open(BackendOptions.defaults());
          Matrix y = second.allocate(Precision.FLOAT32, 5, 5, "y")) {
        first.fill(1, x);
        second.fill(2, y);
        assertThat(first.sum(x)).isEqualTo(25);
        assertThat(second.sum(y)).isEqualTo(50);
      }
      first.fill(3, x);
      assertThat(first.sum(x)).isEqualTo(75);
    }
  }
}
