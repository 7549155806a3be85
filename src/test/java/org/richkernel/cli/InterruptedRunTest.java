package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs of the program in processes of their own, ended by signals at moments drawn at random. */
@Timeout(300)
class InterruptedRunTest {
  private static final int KILLS = 2;

  /** No fit ends before: burn-in and two looks at the certificate take more sweeps than this. */
  private static final int FEWEST_SWEEPS = 90;

  @TempDir Path folder;

  private final Random moments = new Random(20250711);

  private Path log;

  @BeforeEach
  void nameLog() {
    log = folder.resolve("log");
  }

  private static List<String> fit(Path out) {
    return Program.digits(
        "bayes",
        30,
        20,
        "--samples=256",
        "--beta=10",
        "--seed=3",
        "--threads=2",
        "--checkpoint-seconds=0",
        "--out=" + out);
  }

  /** Resumes to the end; what the program wrote stands in the message of a failure. */
  private void finish(Path out) throws Exception {
    Process run = start(out, true);
    int code = run.waitFor();
    assertThat(code).as(Files.readString(log)).isZero();
  }

  private Process start(Path out, boolean resume) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(fit(out));
    if (resume) {
      command.add("--resume");
    }
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  /** Waits for the checkpoint of a number, and then for a moment in the next sweep or writing. */
  private void waitFor(Process run, Path out, long checkpoint)
      throws IOException, InterruptedException {
    while (run.isAlive() && newest(out) < checkpoint) {
      Thread.sleep(2);
    }
    Thread.sleep(moments.nextInt(20));
  }

  /** The number of the newest checkpoint, 0 if there is none; there is one after each sweep. */
  private static long newest(Path out) throws IOException {
    Path checkpoints = out.resolve("checkpoint");
    if (!Files.isDirectory(checkpoints)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(checkpoints)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.matches("snapshot-[0-9]+"))
          .mapToLong(name -> Long.parseLong(name.substring("snapshot-".length())))
          .max()
          .orElse(0);
    }
  }

  private static void assertSameResult(Path resumed, Path whole) throws IOException {
    assertThat(Files.readAllBytes(resumed.resolve("arrays.npz")))
        .isEqualTo(Files.readAllBytes(whole.resolve("arrays.npz")));
    assertThat(resumed.resolve("checkpoint")).doesNotExist();
    try (Stream<Path> files = Files.list(resumed)) {
      assertThat(files.map(file -> file.getFileName().toString()).sorted())
          .containsExactly("arrays.npz", "model.json", "model.npz", "report.html", "summary.json");
    }
  }

  @Test
  void runsThatWereStoppedOrKilledGiveTheBitsOfTheUninterruptedRun() throws Exception {
    Path whole = folder.resolve("whole");
    Program reference = Program.run(fit(whole).toArray(String[]::new));
    assertThat(reference.code()).as(reference.err()).isZero();

    Path stopped = folder.resolve("stopped");
    Process run = start(stopped, false);
    waitFor(run, stopped, 1 + moments.nextInt(FEWEST_SWEEPS));
    run.destroy(); // SIGTERM
    assertThat(run.waitFor()).isEqualTo(ExitCode.STOPPED);
    assertThat(stopped.resolve("summary.json")).doesNotExist();
    finish(stopped);
    assertSameResult(stopped, whole);

    Path killed = folder.resolve("killed");
    for (int kill = 0; kill < KILLS; kill++) {
      run = start(killed, true); // with nothing to resume it starts afresh
      waitFor(run, killed, newest(killed) + 1 + moments.nextInt(FEWEST_SWEEPS / KILLS));
      run.destroyForcibly(); // SIGKILL
      assertThat(run.waitFor()).isEqualTo(128 + 9);
    }
    finish(killed);
    assertSameResult(killed, whole);
  }
}
