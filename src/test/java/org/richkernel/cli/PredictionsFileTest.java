package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.data.NpyWriter;
import org.richkernel.data.NpzArchive;

/** predictions.csv, with and without known targets. */
class PredictionsFileTest {
  @TempDir Path folder;

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private List<String[]> rows(String run) throws IOException {
    List<String[]> rows = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(run).resolve("predictions.csv"))) {
      rows.add(line.split(",", -1));
    }
    return rows;
  }

  private double[] array(String run, String name) {
    try (NpzArchive arrays = NpzArchive.open(folder.resolve(run).resolve("arrays.npz"))) {
      return arrays.read(name).values();
    }
  }

  private JsonNode summary(String run) throws IOException {
    return new ObjectMapper()
        .readTree(Files.readAllBytes(folder.resolve(run).resolve("summary.json")));
  }

  private Program run(String command, String out, String... more) {
    List<String> arguments = new ArrayList<>(List.of(command.split(" ", -1)));
    arguments.addAll(List.of("--quiet", "--out=" + folder.resolve(out)));
    arguments.addAll(List.of(more));
    Program run = Program.run(arguments.toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isIn(ExitCode.DONE, ExitCode.NOT_CONVERGED);
    return run;
  }

  private static void assertNumbers(List<String[]> rows, int column, double[] values) {
    assertThat(rows).hasSize(values.length + 1);
    for (int i = 0; i < values.length; i++) {
      assertThat(Double.parseDouble(rows.get(i + 1)[column])).isEqualTo(values[i]);
    }
  }

  @Test
  void aLineNamesTheRowOfItsPointInTheFile() throws IOException {
    Path x = file("x.csv", "1,0\n0,1\n1,1\n-1,1\n");
    Path y = file("y.csv", "3\n7\n3\n7\n");
    Path z = file("z.csv", "5,5\n1,0.1\n0.1,1\n9,9\n1,0.9\n");
    Path t = file("t.csv", "1\n3\n7\n1\n3\n");
    String[] data = {"--train-x=" + x, "--train-y=" + y, "--test-x=" + z, "--test-y=" + t};
    run("lazy --classes=3,7 --kappa=0.1", "fit", data);

    List<String[]> rows = rows("fit");
    assertThat(rows.get(0)).containsExactly("row", "target", "prediction", "error", "class");
    assertThat(rows).extracting(row -> row[0]).containsExactly("row", "1", "2", "4");
    assertNumbers(rows, 1, new double[] {-1, 1, -1});
    double[] f = array("fit", "f_test");
    assertNumbers(rows, 2, f);
    for (int i = 0; i < f.length; i++) {
      assertThat(rows.get(i + 1)[4]).isEqualTo(f[i] < 0 ? "3" : "7");
    }

    // the training points where there are no others
    run("lazy --classes=3,7 --kappa=0.1", "alone", data[0], data[1]);
    assertNumbers(rows("alone"), 2, array("alone", "f_train"));

    run("predict --classes=3,7", "more", "--from=" + folder.resolve("fit"), data[2], data[3]);
    assertThat(rows("more")).extracting(row -> row[0]).containsExactly("row", "1", "2", "4");
    assertNumbers(rows("more"), 2, f);
  }

  @Test
  void severalOutputsHaveAColumnEach() throws IOException {
    Path x = file("x.csv", "1,0\n0,1\n1,1\n-1,1\n");
    Path y = file("y.csv", "0\n1\n2\n1\n");
    run("lazy --one-hot --kappa=0.01", "fit", "--train-x=" + x, "--train-y=" + y, "--test-x=" + x);

    List<String[]> rows = rows("fit");
    assertThat(rows.get(0)).hasSize(11).contains("target_1", "prediction_3", "error_2", "class");
    assertThat(rows).extracting(row -> row[10]).containsExactly("class", "0", "1", "2", "1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lazy --kernel=ntk",
        "bayes --samples=64 --max-sweeps=20",
        "bayes --order=one-loop --width=50 --samples=64 --max-sweeps=20 --activation=erf",
        "bayes --order=map --width=200 --samples=200 --max-sweeps=3 --activation=erf",
        "dynamics --samples=64 --steps=3 --activation=tanh --solver=causal",
        "dynamics --samples=64 --tolerance=1",
        "dynamics --steps=3 --activation=linear",
        "finite --method=gd --width=16 --steps=3",
        "finite --method=langevin --width=16 --max-sweeps=20",
      })
  void pointsWithoutTargetsArePredictedAndNotScored(String command) throws IOException {
    Path x = folder.resolve("x.npy");
    NpyWriter.write(x, new double[] {1, 0, 0, 1, 1, 1, -1, 1}, 4, 2);
    Path y = folder.resolve("y.npy");
    NpyWriter.write(y, new double[] {1, -1, 1, -1}, 4);
    Path z = folder.resolve("z.npy");
    NpyWriter.write(z, new double[] {0.5, 0.25, -1, 2, 0.75, 1}, 3, 2);
    String[] data = {"--train-x=" + x, "--train-y=" + y, "--test-x=" + z, "--threads=1"};
    run(command, "blind", data);

    assertThat(summary("blind").has("test")).isFalse();
    double[] f = array("blind", "f_test");
    assertNumbers(rows("blind"), 2, f);
    assertThat(rows("blind")).extracting(row -> row[1]).containsExactly("target", "", "", "");
    assertThat(folder.resolve("blind/report.html")).exists();

    // targets that are known change no prediction
    Path t = folder.resolve("t.npy");
    NpyWriter.write(t, new double[] {1, -1, 1}, 3);
    run(command, "seen", data[0], data[1], data[2], data[3], "--test-y=" + t);
    assertThat(array("seen", "f_test")).containsExactly(f);
    assertThat(summary("seen").path("test").path("loss").isNumber()).isTrue();
    assertNumbers(rows("seen"), 1, new double[] {1, -1, 1});
    String error = "f_test_standard_error";
    try (NpzArchive arrays = NpzArchive.open(folder.resolve("seen/arrays.npz"))) {
      if (arrays.names().contains(error)) {
        assertNumbers(rows("seen"), 3, arrays.read(error).values());
      } else {
        assertThat(rows("seen")).extracting(row -> row[3]).containsExactly("error", "", "", "");
      }
    }
  }
}
