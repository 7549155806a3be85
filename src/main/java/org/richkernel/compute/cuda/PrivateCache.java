package org.richkernel.compute.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder of one user and version, mode 0700, for extracted natives and compiled kernels: what
 * lies in it is loaded as code, so nobody else may be able to write there.
 */
final class PrivateCache {
  private static final Logger LOG = LoggerFactory.getLogger(PrivateCache.class);
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
      PosixFilePermissions.asFileAttribute(OWNER_ONLY);

  private final Path folder;

  private PrivateCache(Path folder) {
    this.folder = folder;
  }

  /** The cache of this process, by its environment. */
  static PrivateCache ofThisUser() throws IOException {
    return open(System.getenv(), System.getProperty("user.home"), version());
  }

  /**
   * $RICHKERNEL_CACHE/VERSION/cuda, else $XDG_CACHE_HOME/richkernel/VERSION/cuda, else
   * ~/.cache/richkernel/VERSION/cuda; a private temporary folder of this process if that is not
   * ours or cannot be written.
   *
   * @throws IOException if not even a temporary folder can be made
   */
  static PrivateCache open(Map<String, String> environment, String home, String version)
      throws IOException {
    Path wanted = root(environment, home).resolve(version).resolve("cuda");
    try {
      Files.createDirectories(wanted, PRIVATE);
      requirePrivate(wanted);
      Files.delete(Files.createTempFile(wanted, "writable", null));
      return new PrivateCache(wanted);
    } catch (IOException e) {
      Path substitute = Files.createTempDirectory("richkernel-cuda", PRIVATE);
      LOG.warn("{} cannot serve as a cache ({}); using {}", wanted, e.getMessage(), substitute);
      return new PrivateCache(substitute);
    }
  }

  private static Path root(Map<String, String> environment, String home) {
    String own = environment.get("RICHKERNEL_CACHE");
    if (own != null && !own.isBlank()) {
      return Path.of(own);
    }
    String xdg = environment.get("XDG_CACHE_HOME");
    Path base = xdg != null && !xdg.isBlank() ? Path.of(xdg) : Path.of(home, ".cache");
    return base.resolve("richkernel");
  }

  private static void requirePrivate(Path folder) throws IOException {
    Path trial = Files.createTempFile(folder, "owner", null);
    try {
      if (!Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(trial))) {
        throw new IOException("it belongs to " + Files.getOwner(folder));
      }
    } finally {
      Files.delete(trial);
    }
    if (!Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS).equals(OWNER_ONLY)) {
      Files.setPosixFilePermissions(folder, OWNER_ONLY);
    }
  }

  static String version() {
    String version = PrivateCache.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }

  Path folder() {
    return folder;
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  /** Writes a file so that no reader, in this process or another, sees a part of it. */
  void write(String name, byte[] content) throws IOException {
    Path part = Files.createTempFile(folder, name, ".part");
    try {
      Files.write(part, content);
      Files.move(
          part, file(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }
}
