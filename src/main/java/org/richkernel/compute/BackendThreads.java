package org.richkernel.compute;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntConsumer;

/**
 * A host thread for each backend or each group of them, so that they work at the same time although
 * each answers its caller. With a single group the caller's own thread does the work.
 */
public final class BackendThreads implements AutoCloseable {
  private final List<List<Backend>> groups;
  private final List<ExecutorService> threads = new ArrayList<>();

  /**
   * Starts the threads.
   *
   * @param role of the threads, for their names
   * @param groups backends that one thread works with, for each thread
   */
  public BackendThreads(String role, List<List<Backend>> groups) {
    this.groups = List.copyOf(groups);
    for (int l = 0; groups.size() > 1 && l < groups.size(); l++) {
      String name = role + "-" + l;
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
   * Runs the work of every group and waits for all of them, whether they fail or not.
   *
   * @param work takes the index of the group
   * @throws RuntimeException the failure of the first group that failed, as it was thrown
   */
  public void run(IntConsumer work) {
    if (threads.isEmpty()) {
      for (int l = 0; l < groups.size(); l++) {
        work.accept(l);
      }
      return;
    }
    Thread caller = Thread.currentThread();
    List<CompletableFuture<Void>> under = new ArrayList<>();
    for (int l = 0; l < groups.size(); l++) {
      int group = l;
      under.add(CompletableFuture.runAsync(() -> lent(caller, group, work), threads.get(l)));
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

  /** Runs the work of a group, whose backends the waiting caller lends to this thread. */
  private void lent(Thread caller, int group, IntConsumer work) {
    List<Backend> backends = groups.get(group);
    backends.forEach(backend -> backend.handOver(caller, Thread.currentThread()));
    try {
      work.accept(group);
    } finally {
      backends.forEach(backend -> backend.handOver(Thread.currentThread(), caller));
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
