package org.richkernel.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Whether INT reaches a process: a shell without job control makes what it starts by & ignore it.
 */
final class Interrupts {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final int INT = 2;

  private Interrupts() {}

  /** The signals that a test can send to this process, or one that it starts. */
  static List<String> received() throws IOException {
    for (String line : Files.readAllLines(STATUS)) {
      if (line.startsWith("SigIgn:")) {
        long ignored = Long.parseUnsignedLong(line.substring("SigIgn:".length()).strip(), 16);
        return (ignored >> (INT - 1) & 1) == 0
            ? List.of("TERM", "USR1", "INT")
            : List.of("TERM", "USR1");
      }
    }
    return List.of("TERM", "USR1");
  }
}
