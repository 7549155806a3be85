package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrivateFolderTest {
  @TempDir Path folder;

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private PrivateFolder inFolder() throws IOException {
    return PrivateFolder.open(Map.of("RICHKERNEL_CACHE", folder.toString()), "/", "1", "natives");
  }

  private Path prepared(String place, String permissions) throws IOException {
    Path path = folder.resolve(place);
    Files.createDirectories(path);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    return path;
  }

  @Test
  void environmentChoosesTheFolderAndEveryPartIsOfTheVersionAndPrivate() throws IOException {
    String own = folder.resolve("own").toString();
    String xdg = folder.resolve("xdg").toString();
    String home = folder.resolve("home").toString();
    Path first =
        PrivateFolder.open(
                Map.of("RICHKERNEL_CACHE", own, "XDG_CACHE_HOME", xdg), home, "1.2", "cuda")
            .folder();
    assertThat(first).isEqualTo(Path.of(own, "1.2", "cuda"));
    Path second =
        PrivateFolder.open(Map.of("XDG_CACHE_HOME", xdg), home, "1.2", "javacpp").folder();
    assertThat(second).isEqualTo(Path.of(xdg, "richkernel", "1.2", "javacpp"));
    Path third = PrivateFolder.open(Map.of(), home, "1.2", "cuda").folder();
    assertThat(third).isEqualTo(Path.of(home, ".cache", "richkernel", "1.2", "cuda"));
    for (Path path : new Path[] {first, second, third}) {
      assertThat(permissions(path)).isEqualTo("rwx------");
      assertThat(permissions(path.getParent())).isEqualTo("rwx------");
    }
  }

  @Test
  void whatOthersCouldReadIsClosedToThem() throws IOException {
    prepared("1/natives", "rwxr-xr-x");
    assertThat(inFolder().folder()).isEqualTo(folder.resolve("1/natives"));
    assertThat(permissions(folder.resolve("1/natives"))).isEqualTo("rwx------");
  }

  /** A file that somebody else left there would be loaded as code. */
  @ParameterizedTest
  @ValueSource(strings = {"1/natives", "1"})
  void whatOthersCouldWriteIsNotUsed(String place) throws IOException {
    prepared(place, "rwxrwxrwx");
    Path used = inFolder().folder();
    assertThat(used).isEmptyDirectory();
    assertThat(used.startsWith(folder)).isFalse();
    assertThat(permissions(used)).isEqualTo("rwx------");
    Files.delete(used);
  }

  @Test
  void folderOfAnotherUserIsNotUsed() throws IOException {
    assumeThat(System.getProperty("user.name")).isEqualTo("root");
    Path planted = prepared("1/natives", "rwx------");
    Files.setAttribute(planted, "unix:uid", 12345);
    Path used = inFolder().folder();
    assertThat(used.startsWith(folder)).isFalse();
    Files.delete(used);
  }

  @Test
  void folderThatCannotBeMadeIsReplacedByAPrivateOne() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "in the way");
    PrivateFolder cache = PrivateFolder.open(Map.of(), file.toString(), "1", "natives");
    assertThat(cache.folder()).isEmptyDirectory();
    assertThat(permissions(cache.folder())).isEqualTo("rwx------");
    Files.delete(cache.folder());
  }

  @Test
  void writingLeavesNoParts() throws IOException {
    PrivateFolder cache = inFolder();
    cache.write("kernel.cubin", new byte[] {1, 2, 3});
    cache.write("kernel.cubin", new byte[] {4, 5});
    assertThat(Files.readAllBytes(cache.file("kernel.cubin"))).containsExactly(4, 5);
    try (Stream<Path> files = Files.list(cache.folder())) {
      assertThat(files).containsExactly(cache.file("kernel.cubin"));
    }
  }
}
