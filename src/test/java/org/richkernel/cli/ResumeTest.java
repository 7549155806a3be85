package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.CheckpointDirectory;
import org.richkernel.result.FolderLock;

class ResumeTest {
  @TempDir Path folder;

  private Program bayes(String... more) {
    String[] all = java.util.Arrays.copyOf(more, more.length + 3);
    all[more.length] = "--samples=64";
    all[more.length + 1] = "--tolerance=0.2";
    all[more.length + 2] = "--out=" + folder;
    return Program.onDigits("bayes", 10, 10, all);
  }

  private CheckpointDirectory foreign() {
    CheckpointDirectory directory = new CheckpointDirectory(folder, Map.of("gamma", 7));
    directory.save(1, Map.of(), ArrayBundle.empty().with("a", new double[] {1}, 1));
    return directory;
  }

  @Test
  void aCheckpointOfOtherOptionsIsNotResumed() {
    foreign();

    Program run = bayes("--resume");

    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains("made with").contains("leave out --resume");
    assertThat(folder.resolve("summary.json")).doesNotExist();
  }

  @Test
  void withoutResumeAnOldCheckpointIsKeptAside() {
    CheckpointDirectory old = foreign();

    Program run = bayes();

    assertThat(run.code()).isZero();
    assertThat(run.line()).contains("earlier run is kept in " + folder + "/checkpoint.before");
    assertThat(old.path()).doesNotExist();
    assertThat(folder.resolve("checkpoint.before/snapshot-0000000001/state.json")).exists();

    foreign();
    assertThat(bayes().code()).isZero();
    assertThat(folder.resolve("checkpoint.before"))
        .isDirectoryContaining(snapshot -> snapshot.endsWith("snapshot-0000000001"));
  }

  @Test
  void aFolderThatAnotherRunWritesToIsRefusedBeforeTheWork() {
    try (FolderLock lock = FolderLock.of(folder).orElseThrow()) {
      Program run = bayes();
      assertThat(run.code()).isEqualTo(ExitCode.IO);
      assertThat(run.line()).contains("is being written by process").contains("--out");
    }
    assertThat(bayes().code()).isZero();
    assertThat(folder.resolve(".lock")).isEmptyFile();
  }

  @Test
  void theDemoResumesToo() {
    foreign();

    Program run = Program.run("demo", "--resume", "--out=" + folder);

    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.out()).contains("exec:java -Dexec.args='bayes --").contains("--resume");
    assertThat(run.line()).contains("made with").contains("leave out --resume");
  }

  @Test
  void checkpointsThatAreAllDamagedAreSaidToBeAndTheRunStartsAfresh() throws IOException {
    CheckpointDirectory damaged = foreign();
    Files.writeString(damaged.path().resolve("snapshot-0000000001/state.json"), "{");

    Program run = bayes("--resume");

    assertThat(run.code()).isZero();
    assertThat(run.line()).contains(damaged.path().toString()).contains("damaged");
    assertThat(damaged.path()).doesNotExist();
  }

  @Test
  void resumeWithNothingToResumeStartsAfresh() {
    assertThat(bayes("--resume").code()).isZero();
  }
}
