package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateCacheTest {
  @TempDir Path folder;

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void environmentChoosesTheFolder() throws IOException {
    Path own = folder.resolve("own");
    Path xdg = folder.resolve("xdg");
    Path home = folder.resolve("home");
    assertThat(
            PrivateCache.open(
                    Map.of("RICHKERNEL_CACHE", own.toString(), "XDG_CACHE_HOME", xdg.toString()),
                    home.toString(),
                    "1.2")
                .folder())
        .isEqualTo(own.resolve("1.2/cuda"));
    assertThat(
            PrivateCache.open(Map.of("XDG_CACHE_HOME", xdg.toString()), home.toString(), "1.2")
                .folder())
        .isEqualTo(xdg.resolve("richkernel/1.2/cuda"));
    assertThat(PrivateCache.open(Map.of(), home.toString(), "1.2").folder())
        .isEqualTo(home.resolve(".cache/richkernel/1.2/cuda"));
  }

  @Test
  void onlyTheOwnerMayEnterEvenWhereTheFolderWasOpenBefore() throws IOException {
    Path open = folder.resolve("1/cuda");
    Files.createDirectories(open);
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    PrivateCache cache = PrivateCache.open(Map.of("RICHKERNEL_CACHE", folder.toString()), "/", "1");
    assertThat(permissions(cache.folder())).isEqualTo("rwx------");
  }

  @Test
  void folderThatCannotBeMadeIsReplacedByAPrivateOne() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "in the way");
    PrivateCache cache = PrivateCache.open(Map.of("RICHKERNEL_CACHE", file.toString()), "/", "1");
    assertThat(cache.folder()).isDirectory().doesNotHaveToString(file.toString());
    assertThat(permissions(cache.folder())).isEqualTo("rwx------");
    Files.delete(cache.folder());
  }

  @Test
  void writingLeavesNoParts() throws IOException {
    PrivateCache cache = PrivateCache.open(Map.of("RICHKERNEL_CACHE", folder.toString()), "/", "1");
    cache.write("kernel.cubin", new byte[] {1, 2, 3});
    cache.write("kernel.cubin", new byte[] {4, 5});
    assertThat(Files.readAllBytes(cache.file("kernel.cubin"))).containsExactly(4, 5);
    try (Stream<Path> files = Files.list(cache.folder())) {
      assertThat(files).containsExactly(cache.file("kernel.cubin"));
    }
  }
}
