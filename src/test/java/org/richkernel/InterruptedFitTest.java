package org.richkernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.data.Dataset;
import org.richkernel.data.Datasets;
import org.richkernel.fit.AdaptiveNbkFit;
import org.richkernel.fit.LazyFit;
import org.richkernel.model.SavedFit;
import org.richkernel.network.NetworkSpec;
import org.richkernel.result.CheckpointDirectory;
import org.richkernel.result.DirectoryCheckpoints;
import org.richkernel.solver.InterruptedRunException;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopSignal;

/** An interrupt stops a fit as a signal stops the program; fits in one JVM do not meet. */
@Timeout(120)
class InterruptedFitTest {
  private static final Datasets DATA =
      Datasets.of(
          Dataset.of(new double[] {1, 0, 0, 1, 1, 1, -1, 1}, new double[] {1, -1, 1, -1}, 4),
          Dataset.withoutTargets(new double[] {0.5, 0.25, 2, -1}, 2));

  private static final AdaptiveNbk THEORY =
      AdaptiveNbk.of(NetworkSpec.of(1, Activation.TANH))
          .gamma(0.6)
          .beta(5)
          .samples(64)
          .seed(17)
          .tolerance(1e-9)
          .maxSweeps(40);

  @TempDir Path folder;

  @AfterEach
  void clearTheFlag() {
    Thread.interrupted();
  }

  private RunControl control(Progress.Listener listener, boolean resume) {
    return new RunControl(
        listener,
        new StopSignal(),
        new DirectoryCheckpoints(
            new CheckpointDirectory(folder, Map.of("seed", 17)), resume, 1e9, line -> {}));
  }

  /** Interrupts its thread at a step. */
  private static Progress.Listener interruptingAt(int step) {
    AtomicInteger steps = new AtomicInteger();
    return progress -> {
      if (steps.incrementAndGet() == step) {
        Thread.currentThread().interrupt();
      }
    };
  }

  @Test
  void anInterruptLeavesACheckpointAndTheFlagAndTheFitGoesOnToTheSameBits() {
    double[] whole;
    try (Backend backend = Backends.cpu()) {
      whole = THEORY.fit(DATA, backend).solution().testPredictions();
    }
    try (Backend backend = Backends.cpu()) {
      Optional<AdaptiveNbkFit> stopped =
          THEORY.fit(DATA, backend, control(interruptingAt(9), false));
      assertThat(stopped).isEmpty();
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
      Thread.interrupted();
      assertThat(folder.resolve("checkpoint")).isNotEmptyDirectory();
      double[] resumed =
          THEORY
              .fit(DATA, backend, control(Progress.Listener.silent(), true))
              .orElseThrow()
              .solution()
              .testPredictions();
      assertThat(resumed).containsExactly(whole);
    }
  }

  @Test
  void aFitThatCannotReturnEmptyThrowsAndKeepsTheFlag() {
    try (Backend backend = Backends.cpu()) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> THEORY.fit(DATA, backend))
          .isInstanceOf(InterruptedRunException.class)
          .hasMessageContaining("RunControl");
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
      // a dynamics too
      assertThatThrownBy(
              () ->
                  Dynamics.of(NetworkSpec.of(2, Activation.TANH))
                      .steps(3)
                      .stepSize(0.1)
                      .samples(64)
                      .fit(DATA, backend))
          .isInstanceOf(InterruptedRunException.class);
    }
  }

  @Test
  void aFitIsSavedWhateverTheFlag() {
    try (Backend backend = Backends.cpu()) {
      LazyFit fit = LazyRegression.of(NetworkSpec.of(1, Activation.RELU)).fit(DATA, backend);
      Thread.currentThread().interrupt();
      fit.save(folder);
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
      Thread.interrupted();
      assertThat(SavedFit.read(folder).outputs()).isEqualTo(1);
    }
  }

  private static double[] fitted(long seed) {
    try (Backend backend = Backends.cpu()) {
      return THEORY.seed(seed).fit(DATA, backend).solution().testPredictions();
    }
  }

  @Test
  void twoFitsAtATimeGiveTheNumbersOfEachAlone() {
    double[] first = fitted(1);
    double[] second = fitted(2);
    assertThat(first).isNotEqualTo(second);
    CompletableFuture<double[]> one = CompletableFuture.supplyAsync(() -> fitted(1));
    CompletableFuture<double[]> two = CompletableFuture.supplyAsync(() -> fitted(2));
    assertThat(one.join()).containsExactly(first);
    assertThat(two.join()).containsExactly(second);
  }
}
