package org.richkernel.compute;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder of one user and version, mode 0700, for extracted natives and compiled kernels: its
 * files are loaded as code, so no other user may have write access at any time.
 */
public final class PrivateFolder {
  private static final Logger LOG = LoggerFactory.getLogger(PrivateFolder.class);
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
      PosixFilePermissions.asFileAttribute(OWNER_ONLY);

  private final Path folder;

  private PrivateFolder(Path folder) {
    this.folder = folder;
  }

  /**
   * The folder of this user and version, by the environment of the process.
   *
   * @param name of the folder, after its content
   * @throws IOException as for {@link #open}
   */
  public static PrivateFolder ofThisUser(String name) throws IOException {
    String version = PrivateFolder.class.getPackage().getImplementationVersion();
    return open(
        System.getenv(),
        System.getProperty("user.home", "."),
        version == null ? "development" : version,
        name);
  }

  /**
   * Opens $RICHKERNEL_CACHE/VERSION/NAME, else $XDG_CACHE_HOME/richkernel/VERSION/NAME, else
   * ~/.cache/richkernel/VERSION/NAME; a private temporary folder of this process, with a warning,
   * if that one is another user's, could be written by others, or cannot be written by us.
   *
   * @throws IOException if not even a temporary folder can be made
   */
  public static PrivateFolder open(
      Map<String, String> environment, String home, String version, String name)
      throws IOException {
    String own = environment.get("RICHKERNEL_CACHE");
    String xdg = environment.get("XDG_CACHE_HOME");
    boolean given = own != null && !own.isBlank();
    Path place =
        given
            ? Path.of(own)
            : xdg != null && !xdg.isBlank() ? Path.of(xdg) : Path.of(home, ".cache");
    Path wanted = (given ? place : place.resolve("richkernel")).resolve(version).resolve(name);
    try {
      Files.createDirectories(wanted, PRIVATE);
      UserPrincipal self = writer(wanted);
      // whoever can write to a folder above can put another one in its place
      for (Path part = wanted; !part.equals(place); part = part.getParent()) {
        requirePrivate(part, self);
      }
      return new PrivateFolder(wanted);
    } catch (IOException | UnsupportedOperationException e) {
      Path substitute = Files.createTempDirectory("richkernel-" + name, PRIVATE);
      LOG.warn("{} cannot serve as a cache ({}); using {}", wanted, e.getMessage(), substitute);
      return new PrivateFolder(substitute);
    }
  }

  /** Who a file belongs to that this process makes. */
  private static UserPrincipal writer(Path folder) throws IOException {
    Path trial = Files.createTempFile(folder, "owner", null);
    try {
      return Files.getOwner(trial);
    } finally {
      Files.delete(trial);
    }
  }

  private static void requirePrivate(Path folder, UserPrincipal self) throws IOException {
    if (!Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(self)
        || !Files.getOwner(folder).equals(self)) {
      throw new IOException(folder + " belongs to " + Files.getOwner(folder));
    }
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(folder);
    if (permissions.contains(PosixFilePermission.GROUP_WRITE)
        || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new IOException("others can write to " + folder + "; remove it");
    }
    if (!permissions.equals(OWNER_ONLY)) {
      Files.setPosixFilePermissions(folder, OWNER_ONLY);
    }
  }

  /** Where it is. */
  public Path folder() {
    return folder;
  }

  /** The place of a file in it. */
  public Path file(String name) {
    return folder.resolve(name);
  }

  /**
   * Writes a file so that no reader, in this process or another, sees a part of it.
   *
   * @throws IOException if it cannot be written; nothing half-written stays
   */
  public void write(String name, byte[] content) throws IOException {
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
