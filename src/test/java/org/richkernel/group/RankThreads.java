package org.richkernel.group;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Ranks of a test, each a thread of this process. */
public final class RankThreads {
  private RankThreads() {}

  /** Runs the same on W ranks, each a thread, and returns what each got. */
  public static <T> List<T> run(int size, Duration timeout, Function<RankGroup, T> work) {
    List<Entrance> entrances = new ArrayList<>();
    for (int r = 0; r < size; r++) {
      entrances.add(Entrance.open());
    }
    List<String> addresses = entrances.stream().map(e -> "localhost:" + e.port()).toList();
    List<CompletableFuture<T>> running = new ArrayList<>();
    for (int r = 0; r < size; r++) {
      int rank = r;
      CompletableFuture<T> done = new CompletableFuture<>();
      running.add(done);
      Thread thread =
          new Thread(
              () -> {
                try (Entrance entrance = entrances.get(rank);
                    RankGroup group = entrance.join(rank, addresses, 17, timeout)) {
                  done.complete(work.apply(group));
                } catch (RuntimeException | Error e) {
                  done.completeExceptionally(e);
                }
              });
      thread.setDaemon(true);
      thread.start();
    }
    return running.stream().map(CompletableFuture::join).toList();
  }
}
