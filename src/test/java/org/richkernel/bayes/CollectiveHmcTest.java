package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.stack.PosteriorParameters;

class CollectiveHmcTest {
  private static final int MOVES = 30;

  /** Neither the thread that drives the sampler nor the workers of the backend. */
  @ParameterizedTest
  @CsvSource({"RELU, 0", "TANH, 0", "ERF, 0.5", "LINEAR, 0.5"})
  void trajectoriesAllocateNothingOnTheHeap(Activation f, double determinant) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long[] before = threads.getAllThreadIds();
    try (Backend backend = Backends.open("cpu", new BackendOptions(2, Long.MAX_VALUE), l -> {});
        OneChain one =
            new OneChain(
                backend,
                f,
                Digits.factor(backend, 40),
                Digits.y(40),
                new PosteriorParameters(1, 0.1, 1, determinant),
                1001,
                2,
                5,
                null)) {
      one.chain.start();
      try (Matrix uniforms = backend.allocate(Precision.FLOAT32, 1, 2, "uniforms")) {
        CollectiveHmc hmc = new CollectiveHmc(backend, 5, 1, uniforms, one.identity::observe);
        move(one, hmc, 0);
        move(one, hmc, MOVES);
        long[] workers =
            Arrays.stream(threads.getAllThreadIds())
                .filter(id -> Arrays.stream(before).noneMatch(old -> old == id))
                .filter(
                    id ->
                        threads.getThreadInfo(id) != null
                            && threads.getThreadInfo(id).getThreadName().startsWith("richkernel"))
                .toArray();
        assertThat(workers).isNotEmpty();
        long own = Thread.currentThread().getId();
        long first = threads.getThreadAllocatedBytes(own);
        long asking = threads.getThreadAllocatedBytes(own) - first;
        // What a step allocates, every run of it allocates; what the compiler of the JVM leaves
        // behind (a few dozen bytes, now and then) is not among it.
        long used = Long.MAX_VALUE;
        long usedByWorkers = Long.MAX_VALUE;
        for (int run = 2; run < 12 && (used > 0 || usedByWorkers > 0); run++) {
          long start = Arrays.stream(threads.getThreadAllocatedBytes(workers)).sum();
          first = threads.getThreadAllocatedBytes(own);
          move(one, hmc, run * MOVES);
          used = Math.min(used, threads.getThreadAllocatedBytes(own) - first - asking);
          long end = Arrays.stream(threads.getThreadAllocatedBytes(workers)).sum();
          usedByWorkers = Math.min(usedByWorkers, end - start);
        }
        assertThat(used).as("bytes of the driving thread").isLessThanOrEqualTo(0);
        assertThat(usedByWorkers).as("bytes of the workers").isZero();
        assertThat(hmc.acceptance()).isGreaterThan(0.1);
      }
    }
  }

  private static void move(OneChain one, CollectiveHmc hmc, int iteration) {
    for (int i = 0; i < MOVES; i++) {
      for (int block = 0; block < 2; block++) {
        hmc.move(one.posterior, block, iteration + i, 0.05, 5);
      }
    }
  }
}
