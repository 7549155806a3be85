package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A backend serves one thread at a time. */
interface OwnershipContract extends ContractSubject {
  /** Runs on another thread, which outlives the work, and returns what it threw. */
  private @Nullable Throwable elsewhere(Supplier<?> work) {
    CompletableFuture<@Nullable Throwable> thrown = new CompletableFuture<>();
    CompletableFuture<Boolean> seen = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                Object unused = work.get();
                thrown.complete(null);
              } catch (RuntimeException e) {
                thrown.complete(e);
              }
              seen.join();
            },
            "second");
    thread.start();
    Throwable found = thrown.join();
    seen.complete(true);
    return found;
  }

  private void assertRefused(@Nullable Throwable thrown) {
    assertThat(thrown)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(Thread.currentThread().getName())
        .hasMessageContaining("second")
        .hasMessageContaining("open a backend for each thread, with Backends.open");
  }

  @Test
  default void aSecondThreadIsRefusedWhileMatricesAreOpen() {
    try (Matrix a = backend().allocate(Precision.FLOAT64, 4, 4, "a")) {
      backend().fill(2, a);
      assertRefused(elsewhere(() -> backend().allocate(Precision.FLOAT64, 2, 2, "b")));
      assertRefused(elsewhere(() -> backend().sum(a)));
      assertThat(backend().sum(a)).isEqualTo(32);
      assertThat(backend().openMatrices()).isEqualTo(1);
    }
  }

  @Test
  default void threadsMayFollowEachOther() {
    for (int i = 0; i < 3; i++) {
      Supplier<Double> work =
          () -> {
            try (Matrix a = backend().allocate(Precision.FLOAT64, 4, 4, "a")) {
              backend().fill(2, a);
              return backend().sum(a);
            }
          };
      assertThat(elsewhere(work)).isNull();
      assertThat(work.get()).isEqualTo(32);
    }
  }

  @Test
  default void anAllocationThatFailsLeavesTheBackendFree() {
    Supplier<?> tooMuch =
        () -> backend().allocate(Precision.FLOAT64, Integer.MAX_VALUE, Integer.MAX_VALUE, "a");
    assertThat(elsewhere(tooMuch)).isInstanceOf(OutOfDeviceMemoryException.class);
    backend().allocate(Precision.FLOAT64, 2, 2, "b").close();
  }

  @Test
  default void aWaitingThreadMayHandItsMatricesOver() {
    Thread first = Thread.currentThread();
    try (Matrix a = backend().allocate(Precision.FLOAT64, 4, 4, "a")) {
      Supplier<?> work =
          () -> {
            backend().handOver(first, Thread.currentThread());
            backend().fill(3, a);
            backend().handOver(Thread.currentThread(), first);
            return a;
          };
      assertThat(elsewhere(work)).isNull();
      assertThat(backend().sum(a)).isEqualTo(48);
      Thread third = new Thread(() -> {});
      assertRefused(
          elsewhere(
              () -> {
                backend().handOver(third, Thread.currentThread());
                return a;
              }));
    }
  }
}
