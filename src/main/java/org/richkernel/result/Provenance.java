package org.richkernel.result;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.richkernel.data.DataOrigin;

/**
 * Machine, time and data of a result.
 *
 * @param time when the result was put together, ISO 8601 in UTC
 * @param host name of the machine
 * @param java version and virtual machine
 * @param commit of richkernel, if it was built in a checkout
 * @param data files and checksums of the points
 */
public record Provenance(
    String time, String host, String java, Optional<String> commit, DataOrigin data) {
  private static final Path LINUX_HOST = Path.of("/proc/sys/kernel/hostname");

  /** This process, now, with no data. */
  static Provenance here() {
    return new Provenance(
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        localHost(),
        System.getProperty("java.runtime.version") + ", " + System.getProperty("java.vm.name"),
        Version.commit(),
        DataOrigin.NONE);
  }

  /** The same of some data. */
  Provenance of(DataOrigin origin) {
    return new Provenance(time, host, java, commit, origin);
  }

  /** The name that the machine has for itself; no name server is asked, which may take long. */
  static String localHost() {
    String told = System.getenv().getOrDefault("HOSTNAME", "unknown");
    try {
      return Files.isReadable(LINUX_HOST) ? Files.readString(LINUX_HOST).strip() : told;
    } catch (IOException e) {
      return told;
    }
  }
}
