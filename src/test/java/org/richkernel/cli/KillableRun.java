package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** A command that runs in processes of its own, each ended by a signal at a drawn moment. */
final class KillableRun {
  private final Path out;
  private final Path log;
  private final Random moments;
  private final List<String> arguments;

  /**
   * @param folder for the result folder and the log
   * @param moments from which the delays after a checkpoint are drawn
   * @param command all but --out and --resume
   */
  KillableRun(Path folder, Random moments, List<String> command) {
    this.out = folder.resolve("interrupted");
    this.log = folder.resolve("log");
    this.moments = moments;
    arguments = new ArrayList<>(command);
    arguments.add("--out=" + out);
    arguments.add("--resume"); // with nothing to resume it starts afresh
  }

  /** The result folder. */
  Path out() {
    return out;
  }

  /** Ends it by SIGKILL soon after so many checkpoints more than there are. */
  void kill(int checkpoints) throws IOException, InterruptedException {
    Process run = startAndWait(checkpoints);
    run.destroyForcibly();
    assertThat(run.waitFor()).as(Files.readString(log)).isEqualTo(128 + 9);
  }

  /**
   * Ends it by a signal soon after so many checkpoints more than there are.
   *
   * @param signal INT, TERM or USR1
   */
  void stop(String signal, int checkpoints) throws IOException, InterruptedException {
    Process run = startAndWait(checkpoints);
    String[] kill = {"kill", "-" + signal, Long.toString(run.pid())};
    assertThat(new ProcessBuilder(kill).inheritIO().start().waitFor()).isZero();
    assertThat(run.waitFor()).as(Files.readString(log)).isEqualTo(ExitCode.STOPPED);
    assertThat(out.resolve("summary.json")).doesNotExist();
  }

  /** Resumes to the end in the process of the test; returns the exit code. */
  int finish() {
    Program rest = Program.run(arguments.toArray(String[]::new));
    assertThat(rest.code()).as(rest.err()).isIn(ExitCode.DONE, ExitCode.NOT_CONVERGED);
    return rest.code();
  }

  private Process startAndWait(int checkpoints) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", // starts sooner
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(arguments);
    command.add("--checkpoint-seconds=0"); // after every step
    long wanted = newest() + checkpoints;
    Process run =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    while (run.isAlive() && newest() < wanted) {
      Thread.sleep(2);
    }
    // into the next step, or the writing of its checkpoint
    Thread.sleep(moments.nextInt(20));
    return run;
  }

  /** The number of the newest checkpoint, 0 if there is none. */
  private long newest() throws IOException {
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

  /** Requires the files of another result folder, bit for bit, and nothing else. */
  void requireSameResult(Path whole) throws IOException {
    List<String> names = names(whole);
    assertThat(names(out)).isEqualTo(names).contains("arrays.npz", "report.html", "summary.json");
    for (String name : names) {
      if (name.endsWith(".npz")) {
        assertThat(Files.readAllBytes(out.resolve(name)))
            .as(name)
            .isEqualTo(Files.readAllBytes(whole.resolve(name)));
      }
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
