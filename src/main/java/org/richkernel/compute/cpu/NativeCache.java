package org.richkernel.compute.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;

/**
 * Where extracted native libraries live: a folder per user and version with mode 0700, because a
 * shared one could hold someone else's files.
 */
final class NativeCache {
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private NativeCache() {}

  /**
   * The folder for JavaCPP: $RICHKERNEL_CACHE/javacpp, else $XDG_CACHE_HOME/richkernel/VERSION/
   * javacpp, else ~/.cache/richkernel/VERSION/javacpp; a private temporary folder if that cannot be
   * written.
   *
   * @throws IOException if not even a temporary folder can be made
   */
  static Path directory(Map<String, String> environment, String home, String version)
      throws IOException {
    Path wanted = preferred(environment, home, version).resolve("javacpp");
    try {
      Files.createDirectories(wanted, PRIVATE);
      Path trial = Files.createTempFile(wanted, "writable", null);
      Files.delete(trial);
      return wanted;
    } catch (IOException | UnsupportedOperationException e) {
      return Files.createTempDirectory("richkernel-javacpp", PRIVATE);
    }
  }

  private static Path preferred(Map<String, String> environment, String home, String version) {
    String own = environment.get("RICHKERNEL_CACHE");
    if (own != null && !own.isBlank()) {
      return Path.of(own);
    }
    String xdg = environment.get("XDG_CACHE_HOME");
    Path base = xdg != null && !xdg.isBlank() ? Path.of(xdg) : Path.of(home, ".cache");
    return base.resolve("richkernel").resolve(version);
  }
}
