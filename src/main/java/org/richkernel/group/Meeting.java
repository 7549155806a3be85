package org.richkernel.group;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Ranks that find each other by files in a folder that all machines share: each leaves its address
 * in one and waits for those of the others.
 *
 * @param name of this start of the computation, not used by an earlier one
 * @param host by which the others reach this machine
 */
public record Meeting(String name, int rank, int size, String host) {
  private static final int POLL_MILLIS = 100;

  /**
   * The ranks of a step of Slurm, from its environment.
   *
   * @param environment variables with their values
   * @throws IllegalArgumentException if it has no such step
   */
  public static Meeting ofSlurm(Map<String, String> environment) {
    String name =
        value(environment, "SLURM_JOB_ID")
            + "."
            + value(environment, "SLURM_STEP_ID")
            + "."
            + environment.getOrDefault("SLURM_RESTART_COUNT", "0");
    return new Meeting(
        name,
        Integer.parseInt(value(environment, "SLURM_PROCID")),
        Integer.parseInt(value(environment, "SLURM_NTASKS")),
        environment.getOrDefault("SLURMD_NODENAME", localHost()));
  }

  private static String value(Map<String, String> environment, String variable) {
    String value = environment.getOrDefault(variable, "");
    if (!value.matches("[0-9]{1,10}")) {
      throw new IllegalArgumentException(
          variable + " is '" + value + "'; start the ranks by srun within a job of Slurm");
    }
    return value;
  }

  private static String localHost() {
    try {
      return InetAddress.getLocalHost().getHostAddress();
    } catch (IOException e) {
      throw new UncheckedIOException("the machine does not know its own address", e);
    }
  }

  /**
   * Waits until all ranks are connected.
   *
   * @param folder that all share; it is made where it is missing
   * @param timeout for everything that a rank waits for, now and later
   * @throws RankLostException if a rank does not come
   * @throws UncheckedIOException if the folder cannot be written
   */
  public RankGroup join(Path folder, Duration timeout) {
    try (Entrance entrance = Entrance.open()) {
      Files.createDirectories(folder);
      leave(folder, host + ":" + entrance.port());
      List<String> addresses = new ArrayList<>();
      long end = System.nanoTime() + timeout.toNanos();
      for (int other = 0; other < size; other++) {
        addresses.add(addressOf(folder, other, end));
      }
      RankGroup group = entrance.join(rank, addresses, name.hashCode(), timeout);
      Files.deleteIfExists(file(folder, rank));
      return group;
    } catch (IOException e) {
      throw new UncheckedIOException(folder + ": ranks cannot meet there (" + e + ")", e);
    }
  }

  private Path file(Path folder, int of) {
    return folder.resolve("rank-" + name + "-" + of);
  }

  private void leave(Path folder, String address) throws IOException {
    Path complete = Files.writeString(folder.resolve("new-" + name + "-" + rank), address);
    Files.move(complete, file(folder, rank), StandardCopyOption.ATOMIC_MOVE);
  }

  private String addressOf(Path folder, int other, long end) throws IOException {
    Path file = file(folder, other);
    while (!Files.exists(file)) {
      if (System.nanoTime() > end) {
        throw new RankLostException(
            other, "rank " + other + " left no address in " + folder, new IOException("absent"));
      }
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
    return Files.readString(file);
  }
}
