package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.data.Table;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;

class DynamicsCommandTest {
  private static final int TRAIN = 6;
  private static final int TEST = 4;
  private static final int STEPS = 12;

  @TempDir Path folder;

  private Program dynamics(String... more) {
    List<String> all = new ArrayList<>(List.of("--out=" + folder));
    all.addAll(List.of(more));
    return Program.onDigits("dynamics", TRAIN, TEST, all.toArray(String[]::new));
  }

  private static String[] small(String... more) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--hidden-layers=2",
                "--activation=tanh",
                "--steps=" + STEPS,
                "--samples=1024",
                "--record-every=4",
                "--tolerance=0.5"));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  @Test
  void aResultHoldsTheWholeTrajectoryAndTheKernels() {
    Program run = dynamics(small("--save-history"));

    assertThat(run.code()).as(run.err()).isZero();
    Result result = ResultFolder.read(folder);
    int times = STEPS + 1;
    Map<String, int[]> shapes =
        Map.ofEntries(
            Map.entry("time", new int[] {times}),
            Map.entry("f_train_t", new int[] {times, TRAIN}),
            Map.entry("f_test_t", new int[] {times, TEST}),
            Map.entry("f_train_t_standard_error", new int[] {times, TRAIN}),
            Map.entry("f_test_t_standard_error", new int[] {times, TEST}),
            Map.entry("loss_train_t", new int[] {times}),
            Map.entry("loss_test_t", new int[] {times}),
            Map.entry("y_train", new int[] {TRAIN}),
            Map.entry("f_train", new int[] {TRAIN}),
            Map.entry("f_test_lazy", new int[] {TEST}),
            Map.entry("phi_1", new int[] {TRAIN, TRAIN}),
            Map.entry("phi_2", new int[] {TRAIN, TRAIN}),
            Map.entry("phi_lazy_2", new int[] {TRAIN, TRAIN}),
            Map.entry("ntk", new int[] {TRAIN, TRAIN}),
            Map.entry("alignment_t", new int[] {4, 3}),
            Map.entry("movement_t", new int[] {4, 3}),
            Map.entry("spectrum_ntk_t", new int[] {4, TRAIN}),
            Map.entry("phi_1_snapshots", new int[] {4, TRAIN, TRAIN}),
            Map.entry("phi_2_t", new int[] {TRAIN * times, TRAIN * times}),
            Map.entry("g_1_t", new int[] {TRAIN * times, TRAIN * times}));
    shapes.forEach(
        (name, shape) -> assertThat(result.array(name).map(Table::shape)).as(name).hasValue(shape));
    double eta = ((Number) result.summary().config().get("step-size")).doubleValue();
    assertThat(result.array("time").get().get(STEPS, 0)).isCloseTo(STEPS * eta, within(1e-12));
    assertThat(result.array("f_train").get().get(2, 0))
        .isEqualTo(result.array("f_train_t").get().get(STEPS, 2));
    assertThat(result.array("loss_train_t").get().get(STEPS, 0))
        .isLessThan(0.5 * result.array("loss_train_t").get().get(0, 0));
    assertThat(result.array("movement_t").get().get(3, 2)).isGreaterThan(0.05);
    assertThat(result.summary().layers()).hasSize(2);
    assertThat(result.summary().layers().get(0).alignmentStandardError()).isPresent();
    assertThat(result.summary().config()).containsEntry("solver", "causal");
  }

  @Test
  void compareRunsEveryApproximationThatAppliesAndDrawsThemTogether() throws IOException {
    assertThat(dynamics(small("--compare", "--gamma=0.3")).code()).isZero();

    Result result = ResultFolder.read(folder);
    for (String name : List.of("static_ntk", "gradient_independence", "perturbative")) {
      assertThat(result.array("loss_test_t_" + name)).as(name).isPresent();
      double error =
          Math.abs(
              result.array("loss_train_t_" + name).get().get(STEPS, 0)
                  - result.array("loss_train_t").get().get(STEPS, 0));
      assertThat(error).as(name).isLessThan(0.05);
    }
    String page = Files.readString(folder.resolve("report.html"));
    assertThat(page)
        .contains("Approximations, test loss")
        .contains("static NTK (lazy)", "gradient independence", "leading order in")
        .contains("Kernels over training time", "Kernel movement", "Kernels at chosen times");
  }

  @Test
  void compareSaysWhichApproximationDoesNotApply() throws IOException {
    Program run =
        dynamics("--hidden-layers=1", "--steps=3", "--samples=256", "--tolerance=1", "--compare");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(Files.readString(folder.resolve("summary.json")))
        .contains("\"skipped\"")
        .contains("use tanh, erf or linear");
  }

  @Test
  void aStepThatIsTooLargeIsNamedAndWhatCameBeforeIsKept() {
    Program run = dynamics("--hidden-layers=2", "--steps=200", "--step-size=3", "--samples=256");

    assertThat(run.code()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(run.line()).containsPattern("diverged at step \\d+; use a step-size below 3.0");
    Result result = ResultFolder.read(folder);
    assertThat(result.summary().converged()).isFalse();
    int times = result.array("time").get().rows();
    assertThat(times).isBetween(1, 200);
    assertThat(run.line()).contains("at step " + times + ";");
  }

  @Test
  void aFlowWithoutAStepIsWrittenAsNotConverged() {
    Program run =
        dynamics(
            "--solver=one-hidden", "--gamma=1e25", "--samples=256", "--steps=5", "--step-size=1");

    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(run.line()).contains("diverged after the training time 0", "lower --gamma");
    assertThat(ResultFolder.read(folder).summary().converged()).isFalse();
  }

  @Test
  void linearNetworksAreSolvedWithoutSamples() {
    assertThat(dynamics("--activation=linear", "--hidden-layers=2", "--steps=8").code()).isZero();

    Result result = ResultFolder.read(folder);
    assertThat(result.summary().config()).containsEntry("solver", "linear");
    assertThat(result.summary().monteCarlo()).isEmpty();
    assertThat(result.array("loss_test_t_standard_error").get().values()).containsOnly(0.0);
  }

  @Test
  void oneHiddenLayerWithoutStepsFlowsToItsFixedPoint() {
    Program run = dynamics("--samples=2000", "--weight-decay=0.5");

    assertThat(run.code()).as(run.err()).isZero();
    Result result = ResultFolder.read(folder);
    assertThat(result.summary().config()).containsEntry("solver", "one-hidden");
    assertThat(result.summary().residual().getAsDouble()).isLessThan(1e-3);
    Map<?, ?> certificate = (Map<?, ?>) result.summary().details().get("certificate");
    assertThat((double) certificate.get("featureIdentity")).isLessThan(2e-3);
    assertThat((double) certificate.get("tangentIdentity")).isLessThan(2e-2);
    assertThat(result.summary().lazy()).containsKey("test");

    Program predict =
        Program.run(
            "predict",
            "--from=" + folder,
            "--test-x=" + Program.DATA + "mnist01-test-images-idx3-ubyte.gz",
            "--test-y=" + Program.DATA + "mnist01-test-labels-idx1-ubyte.gz",
            "--classes=0,1",
            "--test-size=" + TEST,
            "--out=" + out());
    assertThat(predict.code()).as(predict.err()).isZero();
    double[] again = ResultFolder.read(out()).array("f_test").get().values();
    double[] fitted = result.array("f_test").get().values();
    for (int i = 0; i < TEST; i++) {
      // the saved neurons are those of the whole population, without its extrapolation
      assertThat(again[i]).isCloseTo(fitted[i], within(0.02));
    }
  }

  @Test
  void aDryRunShowsEveryPlanAndWritesNothing() {
    Program run =
        Program.onDigits(
            "dynamics", TRAIN, TEST, "--steps=5", "--compare", "--dry-run", "--out=" + out());

    assertThat(run.code()).isZero();
    assertThat(run.out().split("total")).hasSizeGreaterThan(3);
    assertThat(out()).doesNotExist();
  }

  private Path out() {
    return folder.resolve("out");
  }

  @ParameterizedTest
  @CsvSource({
    "--samples=60 --hidden-layers=2 --steps=5, --samples",
    "--samples=1003 --solver=one-hidden, --samples",
    "--solver=linear --steps=5, --activation",
    "--solver=alternating --steps=50000, --steps",
    "--solver=one-hidden --hidden-layers=2, --hidden-layers"
  })
  void whatASolverCannotDoIsRefusedBeforeAnythingIsWritten(String options, String named) {
    List<String> all = new ArrayList<>(List.of(options.split(" ")));
    all.addAll(List.of("--activation=tanh", "--out=" + out()));
    Program run = Program.onDigits("dynamics", TRAIN, TEST, all.toArray(new String[0]));

    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains(named);
    assertThat(out()).doesNotExist();
  }

  @Test
  void memoryThatWouldNotSufficeIsRefusedBeforeTheWork() {
    Program run =
        Program.onDigits(
            "dynamics", TRAIN, TEST, "--steps=5", "--samples=2000000000", "--out=" + out());

    assertThat(run.code()).isEqualTo(ExitCode.NO_BACKEND);
    assertThat(run.line()).contains("MB");
    assertThat(out()).doesNotExist();
  }

  @Test
  void newInputsAreRefusedInOneLineWhereTheTheoryFollowsGivenPointsOnly() {
    assertThat(dynamics(small("--quiet")).code()).isZero();

    Program predict =
        Program.run(
            "predict",
            "--from=" + folder,
            "--test-x=" + Program.DATA + "mnist01-test-images-idx3-ubyte.gz",
            "--out=" + out());

    assertThat(predict.code()).isEqualTo(ExitCode.USAGE);
    assertThat(predict.line()).contains("--test-x of dynamics");
  }

  @Test
  void optionsThatDoNotGoTogetherAreRefused() {
    assertThat(dynamics("--compare", "--approximation=static-ntk").line())
        .contains("--compare is on")
        .contains("leave out --approximation");
    assertThat(dynamics("--compare", "--solver=one-hidden").line()).contains("use causal");
    assertThat(dynamics("--solver=causal", "--approximation=static-ntk").line())
        .contains("--solver is causal");
    assertThat(dynamics("--solver=linear").line()).contains("--activation is relu");
    assertThat(dynamics("--solver=one-hidden", "--hidden-layers=2").line())
        .contains("--hidden-layers is 2");
  }

  /** The options of the mend, which would choose another solver by themselves. */
  @Test
  void aFlowThatIsNotAtRestSaysHowToFollowItLonger() {
    String[] flow = {"--weight-decay=0.5", "--samples=64", "--tolerance=0.01", "--out=" + out()};
    List<String> options = new ArrayList<>(List.of(flow));
    options.addAll(List.of("--solver=one-hidden", "--steps=10", "--step-size=0.2"));
    Program first = Program.onDigits("dynamics", 6, 6, options.toArray(String[]::new));
    assertThat(first.code()).isEqualTo(ExitCode.NOT_CONVERGED);
    Matcher mend =
        Pattern.compile(
                "raise (--steps) (\\S+) or (--step-size) (\\S+), and give both with (--solver) (\\S+),")
            .matcher(first.line());
    assertThat(mend.find()).as(first.line()).isTrue();

    List<String> longer = new ArrayList<>(List.of(flow));
    longer.add(mend.group(1) + "=" + 40 * Integer.parseInt(mend.group(2)));
    longer.add(mend.group(3) + "=" + mend.group(4));
    longer.add(mend.group(5) + "=" + mend.group(6));
    Program second = Program.onDigits("dynamics", 6, 6, longer.toArray(String[]::new));
    assertThat(second.code()).as(second.err()).isZero();
    assertThat(ResultFolder.readSummary(out()).config()).containsEntry("solver", "one-hidden");
  }
}
