package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.compute.BackendUnavailableException;
import org.richkernel.compute.NotPositiveDefiniteException;
import picocli.CommandLine.Model.CommandSpec;

class ExitCodeTest {
  @TempDir Path folder;

  private String out() {
    return "--out=" + folder.resolve("out");
  }

  private List<String> written() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("out"))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aConvergedFitEndsWithZeroAndLeavesTheWholeResult() throws IOException {
    Program run = Program.onDigits("bayes", 10, 10, "--samples=64", "--tolerance=0.2", out());

    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).contains("burn-in").contains("sampling").contains("test loss");
    // the richness rises over the first 20 sweeps
    assertThat(run.out()).containsPattern("burn-in +1 of at most [0-9]+  gamma 0\\.05000 ");
    assertThat(run.out()).containsPattern("sampling +[0-9]+ of at most [0-9]+  gamma 1\\.000 ");
    assertThat(written())
        .containsExactly(
            ".lock",
            "arrays.npz",
            "model.json",
            "model.npz",
            "predictions.csv",
            "report.html",
            "summary.json");
  }

  @Test
  void aFitThatDoesNotConvergeIsWrittenAndEndsWithThree() throws IOException {
    Program run = Program.onDigits("bayes", 10, 10, "--samples=64", "--max-sweeps=3", out());

    assertThat(run.code()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(run.line()).contains("NOT converged");
    assertThat(Files.readString(folder.resolve("out/summary.json")))
        .contains("\"converged\" : false");
    assertThat(written()).contains("report.html");
  }

  @Test
  void memoryThatWouldNotSufficeEndsWithFourBeforeAnythingIsWritten() {
    for (String dryRun : new String[] {"--dry-run", "--no-dry-run"}) {
      Program run = Program.onDigits("bayes", 10, 10, "--samples=2000000000", dryRun, out());

      assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.NO_BACKEND);
      assertThat(run.line()).contains("MB").contains("--samples");
      assertThat(folder.resolve("out")).doesNotExist();
    }
  }

  @Test
  void theMendNamesTheMemoryThatIsShort() {
    Program device =
        Program.onDigits("bayes", 10, 10, "--samples=2000000000", "--device-memory=100g", out());
    assertThat(device.line()).contains("raise --device-memory 100g").doesNotContain("Xmx");

    // histories of all steps lie on the heap, the matrices of one step are small
    Program run =
        Program.onDigits(
            "dynamics",
            6,
            2,
            "--samples=200",
            "--steps=100000000",
            "--device-memory=100g",
            "--dry-run",
            out());
    assertThat(run.code()).isEqualTo(ExitCode.NO_BACKEND);
    Matcher advised = Pattern.compile("ask for java (-Xmx[0-9]+m)").matcher(run.out());
    assertThat(advised.find()).as(run.out()).isTrue();
    assertThat(run.line())
        .contains("the Java heap")
        .contains("or raise -Xmx, such as java " + advised.group(1))
        .doesNotContain("--device-memory");
  }

  @Test
  void aDryRunShowsThePlanAndWritesNothing() {
    Program run = Program.onDigits("bayes", 10, 10, "--dry-run", out());

    assertThat(run.code()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).contains("total").contains("MB");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void aBackendThatIsNotThereEndsWithFour() {
    Program run = Program.onDigits("lazy", 10, 10, "--backend=abacus", out());

    assertThat(run.code()).isEqualTo(ExitCode.NO_BACKEND);
    assertThat(run.line()).contains("abacus");
  }

  @Test
  void cudaWithoutADriverEndsWithFourAndDevicesSaysWhy() {
    Program devices = Program.run("devices");
    assumeFalse(devices.out().contains("cuda: usable"), "this machine has a device");

    Program run = Program.onDigits("lazy", 10, 10, "--backend=cuda", out());

    assertThat(run.code()).isEqualTo(ExitCode.NO_BACKEND);
    assertThat(run.line()).contains("cuda");
    assertThat(folder.resolve("out")).doesNotExist();
    assertThat(devices.code()).isZero();
    assertThat(devices.out()).contains("cuda: not usable").contains("; mend: ");
  }

  @Test
  void aFileThatIsTooLargeForTheHeapEndsWithFour() throws IOException {
    // 2^30 values of 8 bytes, more than the tests may use, which 2 MB that do not pack may hold
    byte[] packed = new byte[1_100_000];
    new Random(2).nextBytes(packed);
    Path large = folder.resolve("large.gz");
    try (GZIPOutputStream stream = new GZIPOutputStream(Files.newOutputStream(large))) {
      stream.write(new byte[] {0, 0, 9, 1, 64, 0, 0, 0});
      stream.write(packed);
    }

    Program run = Program.run("lazy", "--train-x=none.npy", "--train-y=" + large, out());

    assertThat(run.code()).isEqualTo(ExitCode.NO_BACKEND);
    assertThat(run.line()).contains("--train-y " + large + ": ", "8589.9 MB", "-Xmx");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void aFolderThatCannotBeWrittenEndsWith74() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    String out = "--out=" + file.resolve("below");
    List<Program> runs =
        List.of(
            Program.onDigits("bayes", 10, 10, out),
            Program.onDigits("bayes", 10, 10, "--order=map", "--width=100", out),
            Program.onDigits("lazy", 10, 10, out),
            Program.onDigits("dynamics", 10, 10, out),
            Program.onDigits("finite", 10, 10, "--method=gd", out),
            Program.onDigits("finite", 10, 10, "--method=langevin", out),
            Program.onDigits("phase", 10, 10, "--width=100", "--hidden-layers=2", out),
            Program.run("phase", out),
            Program.run("demo", out));
    for (Program run : runs) {
      assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.IO);
      assertThat(run.line()).contains("--out " + file.resolve("below") + ": ");
    }
    assertThat(file).isEmptyFile();
  }

  @Test
  void aCheckpointThatCannotBeWrittenEndsWith74() throws IOException {
    Path out = Files.createDirectory(folder.resolve("out"));
    Files.createFile(out.resolve("checkpoint"));

    Program run =
        Program.onDigits("bayes", 10, 10, "--samples=64", "--checkpoint-seconds=0", out());

    assertThat(run.code()).isEqualTo(ExitCode.IO);
    assertThat(run.line()).contains(out.resolve("checkpoint").toString()).contains("cannot be");
    assertThat(out.resolve("summary.json")).doesNotExist();
  }

  @Test
  void aReportThatCannotBeWrittenEndsWith74() throws IOException {
    assertThat(Program.onDigits("lazy", 10, 10, out()).code()).isZero();
    Path report = folder.resolve("out/report.html");
    Files.delete(report);
    Files.createDirectories(report.resolve("in the way"));

    Program drawnAgain = Program.run("report", folder.resolve("out").toString());
    assertThat(drawnAgain.code()).isEqualTo(ExitCode.IO);
    assertThat(drawnAgain.line()).contains(report + ": it cannot be written");

    Program fittedAgain = Program.onDigits("lazy", 10, 10, out());
    assertThat(fittedAgain.code()).isEqualTo(ExitCode.IO);
    assertThat(fittedAgain.line()).contains(report.toString());
  }

  @Test
  void duplicatedPointsAndASinglePointAreFine() throws IOException {
    Path x = Files.writeString(folder.resolve("x.csv"), "1,0\n1,0\n0,1\n0,1\n1,0\n0,1\n");
    Path y = Files.writeString(folder.resolve("y.csv"), "1\n1\n-1\n-1\n1\n-1\n");
    String[] files = {"--train-x=" + x, "--train-y=" + y};

    assertThat(Program.run("lazy", files[0], files[1], out(), "--kappa=0").code()).isZero();
    assertThat(Program.run("lazy", files[0], files[1], out(), "--train-size=1").code()).isZero();
    Program bayes =
        Program.run(
            "bayes", files[0], files[1], out(), "--samples=64", "--beta=1", "--tolerance=0.2");
    assertThat(bayes.code()).as(bayes.err()).isZero();
  }

  @Test
  void otherFailuresHaveTheirCodesToo() {
    CommandSpec command = CommandSpec.create();

    assertThat(Failure.of(new OutOfMemoryError(), command))
        .satisfies(
            f -> {
              assertThat(f.code()).isEqualTo(ExitCode.NO_BACKEND);
              assertThat(f.line()).contains("-Xmx");
            });
    assertThat(Failure.of(new BackendUnavailableException("cuda", "no driver", "install"), command))
        .extracting(Failure::code)
        .isEqualTo(ExitCode.NO_BACKEND);
    assertThat(Failure.of(new NotPositiveDefiniteException("kernel", -0.5, "raise it"), command))
        .isEqualTo(
            new Failure(
                ExitCode.USAGE,
                "kernel is not positive definite (smallest eigenvalue -0.5000); raise it"));
    assertThat(Failure.of(new UncheckedIOException("f: full", new IOException()), command).code())
        .isEqualTo(ExitCode.IO);
    assertThat(Failure.of(new IllegalStateException("oops"), command))
        .satisfies(
            f -> {
              assertThat(f.code()).isEqualTo(ExitCode.DEFECT);
              assertThat(f.line()).contains("IllegalStateException: oops").contains("--debug");
            });
  }

  @Test
  void quietWritesNothing() {
    Program run =
        Program.onDigits("bayes", 10, 10, "--samples=64", "--tolerance=0.2", "--quiet", out());

    assertThat(run.code()).isZero();
    assertThat(run.out() + run.err()).isEmpty();
  }
}
