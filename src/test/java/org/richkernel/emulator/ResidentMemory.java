package org.richkernel.emulator;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the system says of the memory of this process. */
public final class ResidentMemory {
  private static final int PAGE = 4096;

  private ResidentMemory() {}

  /** Bytes of this process that lie in memory: Java's heap and everything native. */
  public static long bytes() throws IOException {
    String statm = Files.readString(Path.of("/proc/self/statm"), StandardCharsets.US_ASCII);
    return Long.parseLong(statm.split(" ", -1)[1]) * PAGE;
  }
}
