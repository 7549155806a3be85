package org.richkernel.result;

import java.util.Set;

/** Options of the command line on which no number of a result depends. */
public final class NeutralOptions {
  /** Their names, without dashes; on "threads" the last bits depend, and it is none of them. */
  public static final Set<String> NAMES =
      Set.of(
          "out",
          "dump",
          "quiet",
          "config",
          "debug",
          "resume",
          "checkpoint-seconds",
          "time-limit",
          "dry-run",
          "backend",
          "devices",
          "device-memory",
          "cuda-libraries",
          "ranks",
          "rank-timeout");

  private NeutralOptions() {}
}
