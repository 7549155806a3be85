package org.richkernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.data.Datasets;
import org.richkernel.data.ZerosAndOnes;
import org.richkernel.fit.AdaptiveNbkFit;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.RunControl;

/** Two fits on one backend: one after the other, and at the same time. */
@Timeout(120)
class SharedBackendTest {
  private static final Datasets DATA = ZerosAndOnes.of(6);

  private static final AdaptiveNbk THEORY =
      AdaptiveNbk.of(NetworkSpec.of(1, Activation.TANH))
          .options(new SaddleOptions(0.6, 5, 64, 0, 17, 1e-9, 20));

  private static double[] fitted(AdaptiveNbkFit fit) {
    return fit.solution().trainPredictions();
  }

  @Test
  void aFitThatBeginsWhileAnotherRunsIsRefusedAndTheOtherIsUnharmed() throws InterruptedException {
    double[] alone;
    try (Backend backend = Backends.cpu()) {
      alone = fitted(THEORY.fit(DATA, backend));
    }
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch refused = new CountDownLatch(1);
    try (Backend backend = Backends.cpu()) {
      RunControl control =
          new RunControl(
              progress -> {
                running.countDown();
                try {
                  refused.await();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              },
              RunControl.silent().stop(),
              CheckpointStore.none());
      CompletableFuture<double[]> first =
          CompletableFuture.supplyAsync(
              () -> fitted(THEORY.fit(DATA, backend, control).orElseThrow()));
      running.await();
      assertThatThrownBy(() -> THEORY.fit(DATA, backend))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("open a backend for each thread");
      assertThatThrownBy(
              () -> LazyRegression.of(NetworkSpec.of(1, Activation.RELU)).fit(DATA, backend))
          .isInstanceOf(IllegalStateException.class);
      refused.countDown();
      assertThat(first.join()).containsExactly(alone);
      assertThat(fitted(THEORY.fit(DATA, backend))).containsExactly(alone);
    }
  }

  @Test
  void fitsThatRaceEitherGiveTheRightNumbersOrAreRefused() {
    double[] alone;
    try (Backend backend = Backends.cpu()) {
      alone = fitted(THEORY.fit(DATA, backend));
      for (int round = 0; round < 10; round++) {
        CompletableFuture<double[]> first = race(backend, alone);
        CompletableFuture<double[]> second = race(backend, alone);
        assertThat(first.join()).containsExactly(alone);
        assertThat(second.join()).containsExactly(alone);
      }
    }
  }

  /** The numbers of a fit, or those given where it was refused. */
  private static CompletableFuture<double[]> race(Backend backend, double[] otherwise) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return fitted(THEORY.fit(DATA, backend));
          } catch (IllegalStateException e) {
            assertThat(e).hasMessageContaining("open a backend for each thread");
            return otherwise;
          }
        });
  }
}
