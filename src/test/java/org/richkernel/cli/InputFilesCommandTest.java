package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.data.ElementOrder;
import org.richkernel.data.ElementType;
import org.richkernel.data.NpyWriter;

/** From a file to the exit code: what is read is said, and what cannot be meant is refused. */
class InputFilesCommandTest {
  @TempDir Path folder;

  private String file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text, StandardCharsets.UTF_8).toString();
  }

  private Program fit(String command, String x, String y, String... more) {
    List<String> all = new ArrayList<>(List.of(command.split(" ")));
    all.addAll(List.of("--train-x=" + x, "--train-y=" + y, "--backend=cpu"));
    all.add("--out=" + folder.resolve("out"));
    all.addAll(List.of(more));
    return Program.run(all.toArray(String[]::new));
  }

  private JsonNode summary() throws IOException {
    return new ObjectMapper().readTree(folder.resolve("out").resolve("summary.json").toFile());
  }

  @Test
  void everyCommandSaysInOneLineWhatItRead() throws IOException {
    String x = file("x.csv", "# two features\nlength;width\n1;0.5\n0;2\n-1;0\n");
    String y = file("y.csv", "species\n7\n8\n9\n");
    String line =
        "read 2 of 3 training points of 2 columns, classes 7 (1), 8 (1); skipped: a line of names"
            + " (length, width) and 1 comment line of "
            + x
            + "; a line of names (species) of "
            + y;
    assertThat(fit("lazy", x, y, "--classes=7,8").out().lines()).contains(line);
    assertThat(fit("phase", x, y, "--classes=7,8", "--width=10", "--dry-run").out().lines())
        .contains(line);
    assertThat(fit("lazy", x, y, "--classes=7,8", "--quiet").out()).isEmpty();
    Program predicted =
        Program.run(
            "predict",
            "--from=" + folder.resolve("out"),
            "--test-x=" + x,
            "--backend=cpu",
            "--out=" + folder.resolve("predicted"));
    assertThat(predicted.out().lines())
        .contains(
            "read 3 test points of 2 columns; skipped: a line of names (length, width) and 1"
                + " comment line of "
                + x);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0,1\\n0.5,2\\n1,-1\\n | 0\\n1\\n0\\n | x.csv: line 1 is 0,1, which looks like column",
        "0.5;2\\n1;-1\\n | null\\n1\\n-1\\n | y.csv: line 1, column 1 is 'null', a missing value",
        "?;?\\n1;-1\\n | 1\\n-1\\n | x.csv: line 1, column 1 is '?', a missing value",
        "0,5;2\\n1;-1\\n | 1\\n-1\\n | x.csv: line 1, column 1 is '0,5' between semicolons",
      })
  void oneLineNamesOptionFileAndLine(String x, String y, String problem) throws IOException {
    Program run =
        fit("lazy", file("x.csv", x.replace("\\n", "\n")), file("y.csv", y.replace("\\n", "\n")));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.line()).contains(problem).containsPattern("--train-[xy] ").contains("; ");
  }

  @Test
  void warningsAboutAFirstLineAreSaidEvenIfQuiet() throws IOException {
    Program run =
        fit("lazy", file("x.csv", "0,1\n1,1\n2,0\n"), file("y.csv", "0\n1\n2\n"), "--quiet");
    assertThat(run.code()).isZero();
    assertThat(run.line()).contains("x.csv: line 1 is 0,1 and was read as a point");
  }

  @Test
  void halfPrecisionGivesTheNumbersOfTheSameValuesInDoubles() throws IOException {
    double[] x = {0.5, -1.25, 3, 0x1p-24, 2, 65504.0 / 65536, -0.75, 1};
    Path half = folder.resolve("half.npy");
    try (NpyWriter writer =
        NpyWriter.create(half, ElementType.FLOAT16, ElementOrder.ROW_MAJOR, 4, 2)) {
      writer.append(x, 0, x.length);
      writer.commit();
    }
    x[5] = 0.99951171875; // 65504 / 65536 is 2047 units of 2^-11 already
    NpyWriter.write(folder.resolve("double.npy"), x, 4, 2);
    String y = file("y.csv", "1\n-1\n1\n-1\n");
    assertThat(fit("lazy", half.toString(), y).code()).isZero();
    JsonNode first = summary().at("/train/loss");
    assertThat(fit("lazy", folder.resolve("double.npy").toString(), y).code()).isZero();
    assertThat(summary().at("/train/loss")).isEqualTo(first);
  }

  /** Variances from 10^2 to 10^8: a kernel of signs, by which four corners are told apart. */
  @ParameterizedTest
  @ValueSource(strings = {"lazy --kernel nngp", "lazy --kernel ntk"})
  void largeInputsOfTanhHaveAKernel(String command) throws IOException {
    String x = file("x.csv", "300,-20\n-1e4,40\n1000,900\n-5,-2e4\n");
    String y = file("y.csv", "1\n-1\n1\n-1\n");
    Program run = fit(command + " --activation=tanh --hidden-layers=2 --kappa=0.001", x, y);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(summary().at("/train/accuracy").asDouble()).isEqualTo(1);
    assertThat(summary().at("/layers/0/trace").asDouble()).isBetween(0.9, 1.0);
  }

  /** By symmetry f = 0: each input comes with both labels. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "lazy --kappa=0.01",
        "lazy --kappa=1e-5",
        "lazy --kernel=ntk --activation=erf",
        "bayes --samples=64 --max-sweeps=40 --tolerance=0.5",
        "bayes --activation=linear --hidden-layers=2",
        "dynamics --activation=linear --steps=5",
        "dynamics --approximation=static-ntk --steps=5",
        "finite --method=gd --width=32 --repeats=2 --steps=5",
      })
  void inputsWithBothLabelsAreRightInHalf(String command) throws IOException {
    String[] points = {"0.3,1.7", "-1.1,0.4", "0.9,-0.6", "2.2,0.1", "-0.7,-1.3"};
    StringBuilder x = new StringBuilder();
    StringBuilder y = new StringBuilder();
    for (String point : points) {
      x.append(point).append('\n').append(point).append('\n');
      y.append("1\n-1\n");
    }
    assertThat(fit(command, file("x.csv", x.toString()), file("y.csv", y.toString())).code())
        .isIn(0, 3);
    assertThat(summary().at("/train/accuracy").asDouble()).isEqualTo(0.5);
    JsonNode lazy = summary().at("/lazy/train/accuracy");
    assertThat(lazy.isMissingNode() ? 0.5 : lazy.asDouble()).isEqualTo(0.5);
  }

  @Test
  void aRidgeBelowTheRoundingIsRefusedWithTheMendThatHelps() throws IOException {
    String y = file("y.csv", "1\n-1\n1\n");
    String x = file("x.csv", "0.5,1\n0,2\n-1,0\n");
    String large = file("large.csv", "50000,1\n0,20000\n-1,30000\n");
    assertThat(fit("bayes --beta=1e10", x, y).code()).isEqualTo(2);
    assertThat(fit("bayes --beta=1e10", x, y).line()).endsWith("kappa = 1.0e-10; raise --kappa");
    assertThat(fit("bayes --beta=1000", large, y).line())
        .contains("mean |x|^2/D = 6.3e+08", "; scale the columns to order 1")
        .endsWith("or raise --kappa");
  }

  @Test
  void theConfigurationHoldsWhatASelectionFound() throws IOException {
    Path out = folder.resolve("selected");
    Program.onDigits(
        "bayes",
        16,
        8,
        "--samples=64",
        "--max-sweeps=40",
        "--tolerance=0.5",
        "--gamma=3",
        "--beta=71.0625",
        "--select=gamma,beta",
        "--gamma-path=0:1:2",
        "--betas=0.01,10",
        "--out=" + out);
    JsonNode json = new ObjectMapper().readTree(out.resolve("summary.json").toFile());
    assertThat(json.at("/selection")).isNotEmpty();
    assertThat(json.at("/config/gamma")).isEqualTo(json.at("/selectedGamma"));
    assertThat(json.at("/config/beta")).isEqualTo(json.at("/selectedBeta"));
    assertThat(json.at("/config/beta").asDouble()).isNotEqualTo(71.0625);
    assertThat(Files.readString(out.resolve("report.html"))).doesNotContain("71.0625");
  }

  @Test
  void comparedRunsListTheOptionsThatDifferAndOtherTestPointsAreRefused() {
    Path first = lazy("first", 10, "--kappa=0.01", "--kernel=nngp", "--threads=1");
    Path second = lazy("second", 10, "--kappa=0.5", "--kernel=ntk", "--threads=2");
    Program run = Program.run("report", first.toString(), "--compare", second.toString());
    assertThat(run.code()).isZero();
    assertThat(run.out().lines())
        .contains("options   kernel nngp against ntk; beta 100 against 2; kappa 0.01 against 0.5");
    assertThat(first.resolve("report.html")).content().contains("<td>0.5</td>");
    Path same = lazy("same", 10, "--kappa=0.01", "--kernel=nngp", "--threads=1");
    assertThat(Program.run("report", first.toString(), "--compare", same.toString()).out().lines())
        .contains("options   the same");
    Path fewer = lazy("fewer", 6);
    Program refused = Program.run("report", first.toString(), "--compare", fewer.toString());
    assertThat(refused.code()).isNotZero();
    assertThat(refused.line()).contains("its test targets (6) are not those of").contains("(10)");
  }

  private Path lazy(String name, int tests, String... more) {
    List<String> all = new ArrayList<>(List.of(more));
    all.add("--backend=cpu");
    all.add("--out=" + folder.resolve(name));
    assertThat(Program.onDigits("lazy", 12, tests, all.toArray(String[]::new)).code()).isZero();
    return folder.resolve(name);
  }

  @Test
  void namesBeyondTheLocaleAreKnownFromTheMessageOrTheFolder() {
    String ascii = "ANSI_X3.4-1968";
    assertThat(FileNames.mayBeLost("gr\ufffd\ufffde/x.npy: no file name", "/home", ascii)).isTrue();
    assertThat(FileNames.mayBeLost("x.npy: there is no such file", "/gr\ufffde", ascii)).isTrue();
    assertThat(FileNames.mayBeLost("x.npy: there is no such file", "/home", ascii)).isFalse();
    assertThat(FileNames.mayBeLost("gr\u00f6\u00dfe/x.npy: none", "/home", "UTF-8")).isFalse();
    assertThat(FileNames.mayBeLost("\u4e2d/x.npy: none", "/home", "ISO-8859-1")).isTrue();
    assertThat(FileNames.MEND).contains("set LC_ALL=C.UTF-8");
  }

  /** Images of 6 x 6, each class with a bright stripe of its own, one folder a class. */
  private Path imagesOf(String... classes) throws IOException {
    Path images = folder.resolve("images");
    for (int k = 0; k < classes.length; k++) {
      Path own = Files.createDirectories(images.resolve(classes[k]));
      for (int i = 0; i < 6; i++) {
        BufferedImage image = new BufferedImage(6, 6, BufferedImage.TYPE_BYTE_GRAY);
        for (int row = 0; row < 6; row++) {
          image.getRaster().setSample(2 * k, row, 0, 200 + 5 * i);
        }
        ImageIO.write(image, "png", own.resolve(i + ".png").toFile());
      }
    }
    return images;
  }

  private String report(String name) throws IOException {
    return Files.readString(folder.resolve(name).resolve("report.html"));
  }

  @Test
  void twoClassFoldersNameTheClassesOfReports() throws IOException {
    Path images = imagesOf("cat", "dog");
    Path fit = folder.resolve("fit");
    Program run = lazy(images.toString(), images.toString(), fit);
    assertThat(run.code()).as(run.err()).isZero();
    Program predicted =
        Program.run(
            "predict",
            "--from=" + fit,
            "--test-x=" + images,
            "--out=" + folder.resolve("predicted"));
    assertThat(predicted.code()).as(predicted.err()).isZero();

    for (String name : List.of("fit", "predicted")) {
      assertThat(report(name)).as(name).contains("class cat", "class dog");
      assertThat(report(name)).as(name).doesNotContain("y = −1", "y = +1");
    }
    Files.delete(fit.resolve("report.html"));
    assertThat(Program.run("report", fit.toString()).code()).isZero();
    assertThat(report("fit")).contains("class cat", "class dog");
  }

  @Test
  void threeClassFoldersNameTheRowsOfTheConfusionMatrix() throws IOException {
    Path images = imagesOf("ant", "bee", "cow");
    Program run = lazy(images.toString(), images.toString(), folder.resolve("fit"));
    assertThat(run.code()).as(run.err()).isZero();

    assertThat(report("fit").replaceAll("<[^>]*>|\\s+", " ").replaceAll(" +", " "))
        .contains("class ant bee cow ant 6 · · bee · 6 · cow · · 6");
  }

  private static Program lazy(String train, String test, Path out) {
    return Program.run(
        "lazy",
        "--train-x=" + train,
        "--test-x=" + test,
        "--kappa=0.1",
        "--threads=1",
        "--out=" + out);
  }
}
