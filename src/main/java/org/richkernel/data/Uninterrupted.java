package org.richkernel.data;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * Work on files that an interrupt of the calling thread does not break: channels close when their
 * thread is interrupted, and a stopped run has a checkpoint to write.
 */
public final class Uninterrupted {
  private Uninterrupted() {}

  /** Works on a thread of its own and waits for it; the interrupt flag of the caller stays set. */
  public static <T> T run(Supplier<T> work) {
    try {
      return CompletableFuture.supplyAsync(
              work, task -> new Thread(task, "richkernel-files").start())
          .join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException refused) {
        throw refused;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e;
    }
  }

  /** The same without a result. */
  public static void run(Runnable work) {
    run(
        () -> {
          work.run();
          return true;
        });
  }
}
