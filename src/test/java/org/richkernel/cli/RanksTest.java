package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.group.RankGroup;
import org.richkernel.group.RankThreads;
import org.richkernel.result.ResultFolder;

/** One fit by several ranks, threads of this process, has the bits of one. */
@Timeout(400)
class RanksTest {
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  /** Four blocks of points. */
  private static final int POINTS = 16384;

  private static final int COLUMNS = 7;

  @TempDir private static Path folder;

  @BeforeAll
  static void write() throws IOException {
    Random random = new Random(1);
    try (PrintWriter x = new PrintWriter(Files.newBufferedWriter(file("x")));
        PrintWriter y = new PrintWriter(Files.newBufferedWriter(file("y")))) {
      for (int p = 0; p < POINTS; p++) {
        double[] row = random.doubles(COLUMNS, -1, 1).toArray();
        for (int i = 0; i < COLUMNS; i++) {
          x.printf(Locale.ROOT, i == 0 ? "%.4f" : ",%.4f", row[i]);
        }
        x.println();
        y.println(Math.signum(row[0] * row[1]));
      }
    }
    assertThat(Main.run(command("alone"))).isEqualTo(ExitCode.NOT_CONVERGED);
  }

  private static Path file(String name) {
    return folder.resolve(name + ".csv");
  }

  /** Too few sweeps to converge. */
  private static String[] command(String out, String... more) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "bayes",
                "--train-x=" + file("x"),
                "--train-y=" + file("y"),
                "--test-x=" + file("x"),
                "--test-y=" + file("y"),
                "--test-size=10",
                "--activation=tanh",
                "--form=dual",
                "--save-kernels-up-to=10",
                "--samples=64",
                "--beta=0.01",
                "--max-sweeps=3",
                "--threads=1",
                "--backend=cpu",
                "--quiet",
                "--out=" + folder.resolve(out)));
    line.addAll(List.of(more));
    return line.toArray(String[]::new);
  }

  private static List<Integer> run(int ranks, String... line) {
    return RankThreads.run(ranks, PATIENCE, group -> Main.run(group, line));
  }

  private static int ranks(String out) {
    return ResultFolder.readSummary(folder.resolve(out)).backend().orElseThrow().ranks();
  }

  private static void assertSameBits(String out) throws IOException {
    for (String array : List.of("f_train", "f_test", "y_test")) {
      assertThat(ResultFolder.read(folder.resolve(out)).array(array).orElseThrow().values())
          .as(out + ": " + array)
          .containsExactly(
              ResultFolder.read(folder.resolve("alone")).array(array).orElseThrow().values());
    }
    assertThat(Files.readAllBytes(folder.resolve(out).resolve("model.npz")))
        .as(out + ": model")
        .isEqualTo(Files.readAllBytes(folder.resolve("alone").resolve("model.npz")));
  }

  /** Rank 2 of three is lost in the middle, and two go on from the state that rank 0 has kept. */
  @Test
  void threeRanksAndAfterALossTwoHaveTheBitsOfOne() throws IOException {
    String[] line = command("lost", "--checkpoint-seconds=0");
    Function<RankGroup, Integer> rank =
        group ->
            Main.run(
                group.rank() == 2 ? fromSum(1000, group, total -> group.close()) : group, line);
    assertThat(RankThreads.run(3, PATIENCE, rank).subList(0, 2)).containsOnly(ExitCode.STOPPED);
    assertThat(folder.resolve("lost").resolve("checkpoint")).isNotEmptyDirectory();
    assertThat(run(2, command("lost", "--resume"))).containsOnly(ExitCode.NOT_CONVERGED);
    assertSameBits("lost");
    assertThat(ranks("lost")).isEqualTo(2);
    assertThat(ranks("alone")).isEqualTo(1);
  }

  /** A rank to which something happens after its n-th sum and all that follow. */
  private static RankGroup fromSum(int n, RankGroup group, Consumer<double[]> fault) {
    int[] sums = {0};
    return (RankGroup)
        Proxy.newProxyInstance(
            RanksTest.class.getClassLoader(),
            new Class<?>[] {RankGroup.class},
            (proxy, method, arguments) -> {
              try {
                Object result = method.invoke(group, arguments);
                if (method.getName().equals("sum") && ++sums[0] >= n) {
                  fault.accept((double[]) arguments[2]);
                }
                return result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** What a rank ends with: its exit code and what it says of failures. */
  private record End(int code, String said) {}

  private static End end(RankGroup group, String... line) {
    StringWriter said = new StringWriter();
    Console console =
        new Console(new PrintWriter(Writer.nullWriter()), new PrintWriter(said), false);
    return new End(Main.run(console, group, line), said.toString());
  }

  /**
   * Sums that differ by a bit of float32 on one rank, as those of another processor may. A
   * trajectory that is refused hides them; what is kept is the state before they show.
   */
  @Test
  void rankThatPartsByABitIsNamed() throws IOException {
    Consumer<double[]> fault = total -> Arrays.setAll(total, i -> total[i] * (1 + 0x1p-23));
    String[] line = command("parted", "--checkpoint-seconds=0");
    List<End> ends =
        RankThreads.run(
            3,
            PATIENCE,
            group -> end(group.rank() == 1 ? fromSum(900, group, fault) : group, line));
    Pattern parted = Pattern.compile("after sweep ([0-9]+) the state of rank 1 differs from that");
    assertThat(ends)
        .allSatisfy(
            end -> {
              assertThat(end.code()).isEqualTo(ExitCode.NO_BACKEND);
              assertThat(end.said()).containsPattern(parted).contains("ranks 0, 2", "processors");
              assertThat(end.said().lines()).hasSize(1);
            });
    Matcher found = parted.matcher(ends.get(0).said());
    assertThat(found.find()).isTrue();
    JsonNode state =
        new ObjectMapper().readTree(newest(folder.resolve("parted").resolve("checkpoint")));
    assertThat(state.path("iteration").asInt()).isEqualTo(Integer.parseInt(found.group(1)) - 1);
  }

  private static File newest(Path checkpoints) throws IOException {
    try (Stream<Path> snapshots = Files.list(checkpoints)) {
      Path newest = snapshots.max(Comparator.naturalOrder()).orElseThrow();
      return newest.resolve("state.json").toFile();
    }
  }

  private static String[] among(Path files, String out) {
    List<String> line = new ArrayList<>(List.of(command(out, "--max-sweeps=1")));
    line.remove("--max-sweeps=3");
    line.replaceAll(option -> option.replace(folder + "/x.csv", files + "/x.csv"));
    line.replaceAll(option -> option.replace(folder + "/y.csv", files + "/y.csv"));
    return line.toArray(String[]::new);
  }

  /** Contents count, not where a rank finds them. */
  @Test
  void ranksWithTheSameFilesInOtherFoldersAgree() throws IOException {
    Path mount = Files.createDirectory(folder.resolve("mount"));
    for (String name : List.of("x.csv", "y.csv")) {
      Files.copy(folder.resolve(name), mount.resolve(name));
    }
    List<End> same =
        RankThreads.run(
            2, PATIENCE, group -> end(group, among(group.rank() == 0 ? folder : mount, "same")));
    assertThat(same)
        .allSatisfy(end -> assertThat(end.code()).as(end.said()).isEqualTo(ExitCode.NOT_CONVERGED));

    List<String> lines = Files.readAllLines(mount.resolve("y.csv"));
    lines.set(7, lines.get(7).startsWith("-") ? "1.0" : "-1.0");
    Files.write(mount.resolve("y.csv"), lines);
    List<End> changed =
        RankThreads.run(
            2, PATIENCE, group -> end(group, among(group.rank() == 0 ? folder : mount, "changed")));
    assertThat(changed)
        .allSatisfy(
            end -> {
              assertThat(end.code()).isEqualTo(ExitCode.USAGE);
              assertThat(end.said()).contains("rank 1 has another checksum of the data than");
            });
  }

  @Test
  void savedResultsAgreeByTheirModels() throws IOException {
    Map<String, Object> own = Map.of("warm-start", folder.resolve("alone").toString());
    Path copy = Files.createDirectory(folder.resolve("copy"));
    Path model = copy.resolve("model.json");
    Files.copy(folder.resolve("alone").resolve("model.json"), model);
    Map<String, Object> other = Map.of("warm-start", copy.toString());
    assertThat(refusals(own, other)).containsOnly("");
    Files.writeString(model, Files.readString(model).replaceFirst("[0-9]", "9"));
    assertThat(refusals(own, other))
        .allSatisfy(line -> assertThat(line).contains("rank 2 has another warm-start than"));
  }

  @Test
  void rankWithAnotherProblemIsNamed() {
    List<End> ends =
        RankThreads.run(
            2,
            PATIENCE,
            group -> end(group, command("other", group.rank() == 0 ? "--seed=1" : "--seed=2")));
    assertThat(ends)
        .allSatisfy(
            end -> {
              assertThat(end.code()).isEqualTo(ExitCode.USAGE);
              assertThat(end.said()).contains("--ranks", "rank 1 has another seed than rank 0");
            });
  }

  private static List<String> refusals(Map<String, Object> first, Map<String, Object> second) {
    return RankThreads.run(
        3,
        PATIENCE,
        group -> {
          RankAgreement agreement = new RankAgreement(group);
          Throwable thrown =
              catchThrowable(() -> agreement.require(group.rank() == 2 ? second : first));
          return thrown == null ? "" : thrown.getMessage();
        });
  }

  /** Arrays are compared by their numbers, and an option may be there on some ranks alone. */
  @Test
  void agreementIsOfNamesAndValues() {
    Map<String, Object> own = new LinkedHashMap<>(Map.of("a", "x\ny"));
    own.put("b", new double[] {1, 2});
    Map<String, Object> same = new LinkedHashMap<>(own);
    same.put("b", new double[] {1, 2});
    assertThat(refusals(own, same)).containsOnly("");
    Map<String, Object> other = new LinkedHashMap<>(own);
    other.put("b", new double[] {1, 3});
    assertThat(refusals(own, other))
        .allSatisfy(line -> assertThat(line).contains("rank 2 has another b than"));
    Map<String, Object> more = new LinkedHashMap<>(own);
    more.put("c", 1);
    assertThat(refusals(own, more))
        .allSatisfy(line -> assertThat(line).contains("rank 2 has another option"));
    assertThat(refusals(more, own))
        .allSatisfy(line -> assertThat(line).contains("rank 2 has another c than"));
  }

  @Test
  void fitsOfOneProcessAreRefused() {
    assertThat(run(2, command("primal", "--train-size=30"))).containsOnly(ExitCode.USAGE);
    assertThat(run(2, "lazy", "--train-x=" + file("x"), "--train-y=" + file("y")))
        .containsOnly(ExitCode.USAGE);
    assertThat(run(5, command("many"))).containsOnly(ExitCode.USAGE);
  }
}
