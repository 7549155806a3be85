package org.richkernel.compute.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeCacheTest {
  @TempDir private Path folder;

  @Test
  void variablesAreHonouredInOrderAndFoldersArePrivate() throws IOException {
    String home = folder.resolve("home").toString();
    String own = folder.resolve("own").toString();
    String xdg = folder.resolve("xdg").toString();
    Path first =
        NativeCache.directory(Map.of("RICHKERNEL_CACHE", own, "XDG_CACHE_HOME", xdg), home, "9");
    assertThat(first).isEqualTo(Path.of(own, "javacpp"));
    Path second = NativeCache.directory(Map.of("XDG_CACHE_HOME", xdg), home, "9");
    assertThat(second).isEqualTo(Path.of(xdg, "richkernel", "9", "javacpp"));
    Path third = NativeCache.directory(Map.of(), home, "9");
    assertThat(third).isEqualTo(Path.of(home, ".cache", "richkernel", "9", "javacpp"));
    for (Path path : new Path[] {first, second, third}) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rwx------");
    }
  }

  @Test
  void homeThatCannotBeWrittenGivesPrivateTemporaryFolder() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "not a folder");
    Path cache = NativeCache.directory(Map.of(), file.toString(), "9");
    assertThat(cache).isDirectory();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)))
        .isEqualTo("rwx------");
    Files.delete(cache);
  }
}
