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
 * A host thread for each device, so that devices work at the same time although each answers its
 * caller. With a single device the caller's own thread does the work.
 */
final class DeviceThreads implements AutoCloseable {
  private final List<Backend> devices;
  private final List<ExecutorService> threads = new ArrayList<>();

  DeviceThreads(List<Backend> devices) {
    this.devices = devices;
    for (int d = 0; devices.size() > 1 && d < devices.size(); d++) {
      String name = "device-" + d;
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
   * Runs the work of every device and waits for all of them, whether they fail or not.
   *
   * @param work takes the index of the device
   * @throws RuntimeException the failure of the first device that failed, as it was thrown
   */
  void run(IntConsumer work) {
    if (threads.isEmpty()) {
      for (int d = 0; d < devices.size(); d++) {
        work.accept(d);
      }
      return;
    }
    Thread caller = Thread.currentThread();
    List<CompletableFuture<Void>> under = new ArrayList<>();
    for (int d = 0; d < devices.size(); d++) {
      int device = d;
      under.add(CompletableFuture.runAsync(() -> lent(caller, device, work), threads.get(d)));
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

  /** Runs the work of a device, which the waiting caller lends to this thread. */
  private void lent(Thread caller, int device, IntConsumer work) {
    Backend backend = devices.get(device);
    backend.handOver(caller, Thread.currentThread());
    try {
      work.accept(device);
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
