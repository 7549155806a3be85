package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntConsumer;
import org.richkernel.compute.Backend;

/**
 * A host thread for each lane, so that lanes work at the same time although each answers its
 * caller. With a single lane the caller's own thread does the work.
 */
final class LaneThreads implements AutoCloseable {
  private final List<Backend> lanes;
  private final List<ExecutorService> threads = new ArrayList<>();

  LaneThreads(List<Backend> lanes) {
    this.lanes = lanes;
    for (int l = 0; lanes.size() > 1 && l < lanes.size(); l++) {
      String name = "lane-" + l;
      threads.add(
          Executors.newSingleThreadExecutor(
              work -> {
                Thread thread = new Thread(work, name);
                thread.setDaemon(true);
                return thread;
              }));
    }
  }

  /**
   * Runs the work of every lane and waits for all of them, whether they fail or not.
   *
   * @param work takes the index of the lane
   * @throws RuntimeException the failure of the first lane that failed, as it was thrown
   */
  void run(IntConsumer work) {
    if (threads.isEmpty()) {
      for (int l = 0; l < lanes.size(); l++) {
        work.accept(l);
      }
      return;
    }
    Thread caller = Thread.currentThread();
    List<CompletableFuture<Void>> under = new ArrayList<>();
    for (int l = 0; l < lanes.size(); l++) {
      int lane = l;
      under.add(CompletableFuture.runAsync(() -> lent(caller, lane, work), threads.get(l)));
    }
    Throwable failure = null;
    for (CompletableFuture<Void> one : under) {
      failure = join(one, failure);
    }
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
  }

  /** Runs the work of a lane, which the waiting caller lends to this thread. */
  private void lent(Thread caller, int lane, IntConsumer work) {
    Backend backend = lanes.get(lane);
    backend.handOver(caller, Thread.currentThread());
    try {
      work.accept(lane);
    } finally {
      backend.handOver(Thread.currentThread(), caller);
    }
  }

  /** The first failure so far, with later ones attached to it. */
  private static Throwable join(CompletableFuture<Void> one, Throwable failure) {
    try {
      one.join();
      return failure;
    } catch (CompletionException e) {
      Throwable cause = e.getCause();
      if (failure == null) {
        return cause;
      }
      failure.addSuppressed(cause);
      return failure;
    }
  }

  @Override
  public void close() {
    threads.forEach(ExecutorService::shutdown);
  }
}
