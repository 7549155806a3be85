package org.richkernel.result;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FolderLockTest {
  @TempDir Path folder;

  /** Takes the lock, says so, and keeps it until it is killed. */
  static final class Holder {
    public static void main(String[] arguments) throws InterruptedException {
      FolderLock lock = FolderLock.of(Path.of(arguments[0])).orElseThrow();
      System.out.println("locked");
      Thread.sleep(60_000);
      lock.close();
    }
  }

  @Test
  void anotherProcessIsNamedAndItsDeathFreesTheFolder() throws IOException, InterruptedException {
    Process holder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .start();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(holder.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(out.readLine()).isEqualTo("locked");
      assertThatThrownBy(() -> FolderLock.of(folder))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining(folder + " is being written by process " + holder.pid() + " on ");
    } finally {
      holder.destroyForcibly().waitFor();
    }
    // what a killed process leaves behind is no lock
    assertThat(folder.resolve(".lock")).isNotEmptyFile();
    FolderLock.of(folder).orElseThrow().close();
    assertThat(folder.resolve(".lock")).isEmptyFile();
  }

  @Test
  void oneProcessLocksAFolderOnceAtATime() {
    try (FolderLock lock = FolderLock.of(folder).orElseThrow()) {
      for (int i = 0; i < 2; i++) { // a refusal leaves the lock as it is
        assertThatThrownBy(() -> FolderLock.of(folder))
            .hasMessageContaining("process " + ProcessHandle.current().pid());
      }
    }
    FolderLock.of(folder).orElseThrow().close();
  }
}
