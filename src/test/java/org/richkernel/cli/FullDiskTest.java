package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A result on a disk that is too small for it, where this user may make one. */
class FullDiskTest {
  @TempDir Path folder;
  private Path disk = Path.of("");

  @BeforeEach
  void mount() throws Exception {
    disk = Files.createDirectory(folder.resolve("disk"));
    boolean mounted = runs("mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", disk.toString());
    if (!mounted) {
      String reason = "skipped: this user may not mount a small tmpfs";
      System.out.println("FullDiskTest " + reason);
      Assumptions.abort(reason);
    }
  }

  @AfterEach
  void unmount() throws Exception {
    runs("umount", disk.toString());
  }

  private static boolean runs(String... command) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void aFullDiskEndsWithOneLineAndNoHalfResult() throws IOException {
    Path out = disk.resolve("fit");
    // a kernel of 300 x 300 numbers takes 720 kB
    Program run = Program.onDigits("lazy", 300, 20, "--quiet", "--out=" + out);

    assertThat(run.code()).as(run.err()).isEqualTo(74);
    assertThat(run.line()).contains(out.toString());
    assertThat(out.resolve("summary.json")).doesNotExist();
    try (Stream<Path> files = Files.list(out)) {
      List<String> left = files.map(file -> file.getFileName().toString()).toList();
      assertThat(left).allMatch(name -> name.equals(".lock"));
    }
    // what fits is written afterwards
    Program small = Program.onDigits("lazy", 20, 20, "--quiet", "--out=" + out);
    assertThat(small.code()).as(small.err()).isZero();
  }
}
