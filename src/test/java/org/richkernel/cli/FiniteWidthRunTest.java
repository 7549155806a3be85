package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;

/** The commands of the theories of finite width, from options to result folder and report. */
class FiniteWidthRunTest {
  @TempDir Path folder;

  private Path out() {
    return folder.resolve("out");
  }

  private Program bayes(String... more) {
    List<String> arguments = Program.digits("bayes", 12, 30, more);
    arguments.add("--out=" + out());
    arguments.add("--beta=2");
    return Program.run(arguments.toArray(String[]::new));
  }

  @Test
  void linearPathOverChiHoldsEveryLevelAndItsPicture() throws Exception {
    Program run = bayes("--activation=linear", "--order=one-loop", "--width=30", "--chi=1:30:4");
    assertThat(run.code()).as(run.err()).isZero();
    Result result = ResultFolder.read(out());
    assertThat(result.array("path_chi").orElseThrow().values()[3]).isEqualTo(30);
    for (String level : new String[] {"gaussian", "tree", "rescaled", "one_loop", "exact"}) {
      assertThat(result.array("path_train_" + level).orElseThrow().rows()).isEqualTo(4);
      assertThat(result.array("path_test_" + level)).isPresent();
    }
    // scored and saved: one loop at the last scale
    double[] f = result.array("f_test").orElseThrow().values();
    assertThat(f).isEqualTo(result.array("f_test_one_loop").orElseThrow().values());
    Program predicted =
        Program.run(
            "predict",
            "--from=" + out(),
            "--test-x=" + Program.DATA + "mnist01-test-images-idx3-ubyte.gz",
            "--test-y=" + Program.DATA + "mnist01-test-labels-idx1-ubyte.gz",
            "--classes=0,1",
            "--test-size=30",
            "--out=" + folder.resolve("again"));
    assertThat(predicted.code()).as(predicted.err()).isZero();
    double[] again =
        ResultFolder.read(folder.resolve("again")).array("f_test").orElseThrow().values();
    for (int i = 0; i < f.length; i++) {
      assertThat(again[i]).isCloseTo(f[i], within(1e-9));
    }
    assertThat(Files.readString(out().resolve("report.html")))
        .contains("<section id=\"scaling\">")
        .contains("one loop");
  }

  @Test
  void sampledOneLoopCarriesItsErrors() {
    Program run =
        bayes(
            "--activation=tanh",
            "--order=one-loop",
            "--width=40",
            "--scaling=mean-field",
            "--samples=64",
            "--max-sweeps=60",
            "--tolerance=0.5");
    assertThat(run.code()).as(run.err()).isIn(ExitCode.DONE, ExitCode.NOT_CONVERGED);
    Map<?, ?> scale =
        (Map<?, ?>) ((List<?>) ResultFolder.readSummary(out()).details().get("scales")).get(0);
    assertThat(((Number) scale.get("chi")).doubleValue()).isEqualTo(40);
    Map<?, ?> loop = (Map<?, ?>) scale.get("one-loop");
    assertThat(((Number) loop.get("trainDiscrepancyStandardError")).doubleValue()).isPositive();
    assertThat(((Number) loop.get("testLossStandardError")).doubleValue()).isPositive();
    assertThat(ResultFolder.readSummary(out()).config()).containsEntry("gamma", 1.0);
  }

  @Test
  void mapWritesItsCertificateAndItsModelPredictsTheSame() {
    Program run =
        bayes(
            "--activation=erf",
            "--hidden-layers=2",
            "--weight-variance=1.2",
            "--bias-variance=0.05",
            "--order=map",
            "--width=400",
            "--samples=2000");
    assertThat(run.code()).as(run.err()).isZero();
    Result result = ResultFolder.read(out());
    Map<?, ?> certificate = (Map<?, ?>) result.summary().details().get("certificate");
    assertThat(((Number) certificate.get("effectiveShare")).doubleValue()).isBetween(0.5, 1.0);
    assertThat(result.array("response_2")).isPresent();
    assertThat(result.array("phi_2").orElseThrow().rows()).isEqualTo(12);
    double[] f = result.array("f_test").orElseThrow().values();
    Program.run(
        "predict",
        "--from=" + out(),
        "--test-x=" + Program.DATA + "mnist01-test-images-idx3-ubyte.gz",
        "--test-y=" + Program.DATA + "mnist01-test-labels-idx1-ubyte.gz",
        "--classes=0,1",
        "--test-size=30",
        "--out=" + folder.resolve("again"));
    double[] again =
        ResultFolder.read(folder.resolve("again")).array("f_test").orElseThrow().values();
    for (int i = 0; i < f.length; i++) {
      assertThat(again[i]).isCloseTo(f[i], within(0.02));
    }
  }

  @Test
  void phaseDiagramWithoutDataIsDrawn() throws Exception {
    Program run =
        Program.run(
            "phase",
            "--out=" + out(),
            "--weight-variance=0.8:1.6:3",
            "--bias-variance=0.05",
            "--hidden-layers=32");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("1.375839");
    Result result = ResultFolder.read(out());
    double[] chi = result.array("chi_perpendicular").orElseThrow().values();
    assertThat(chi[0]).isCloseTo(0.76377, within(1e-5));
    assertThat(chi[2]).isCloseTo(1.06083, within(1e-5));
    double[] growth = result.array("growth_by_depth").orElseThrow().values();
    assertThat(growth[63]).isCloseTo(9.06, within(0.01));
    assertThat(Files.readString(out().resolve("report.html")))
        .contains("<section id=\"phase\">")
        .contains("edge of chaos");
  }

  /** The layers add more to each other's adaptation the closer they come to the edge of chaos. */
  @Test
  void phaseDiagramWithDataShowsAdaptationGrowing() throws Exception {
    List<String> arguments =
        Program.digits(
            "phase",
            10,
            10,
            "--weight-variance=0.6:1.4:3",
            "--hidden-layers=4",
            "--width=200",
            "--samples=1000",
            "--beta=10",
            "--out=" + out());
    Program run = Program.run(arguments.toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isZero();
    Result result = ResultFolder.read(out());
    double[] growth = result.array("growth_response").orElseThrow().values();
    assertThat(growth[1]).isGreaterThan(growth[0]);
    assertThat(result.array("adaptation_standard_error").orElseThrow().columns()).isEqualTo(4);
    assertThat(result.array("growth_angular").orElseThrow().columns()).isEqualTo(4);
    assertThat(ResultFolder.readSummary(out()).details()).containsKey("largestAdaptation");
    assertThat(Files.readString(out().resolve("report.html")))
        .contains("the readout kernel adapts most to these data at weight variance 1.000, by");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--order=two-loop | --order is two-loop; use tree, one-loop or map",
        "--scaling=ntk --width=3 | --scaling is ntk; use standard or mean-field",
        "--order=map | --width is missing",
        "--chi=3 | --width is missing",
        "--order=one-loop --width=0 | --width is 0",
        "--order=map --width=-3 | --width is -3",
        "--order=map --width=2.5 | --width",
        "--scaling=standard --width=0 | --width is 0",
        "--order=map --width=5 --hidden-layers=0 | --hidden-layers is 0",
        "--order=map --width=5 --hidden-layers=-2 | --hidden-layers is -2",
        "--order=map --width=5 --hidden-layers=1000000000 | --hidden-layers is 1000000000; use 1 to 64",
        "--order=one-loop --width=5 --hidden-layers=0 | --hidden-layers is 0",
        "--order=map --width=5 --chi=NaN | --chi is NaN",
        "--order=map --width=5 --chi=Infinity | --chi is Infinity",
        "--order=one-loop --width=5 --chi=1:Infinity:3 | --chi is 1:Infinity:3",
        "--order=one-loop --width=5 --chi=1:10:2.5 | --chi is 1:10:2.5",
        "--order=one-loop --width=5 --chi=1:10 | --chi is 1:10",
        "--order=one-loop --width=5 --chi=0 | --chi is 0",
        "--order=one-loop --width=5 --chi=-2 | --chi is -2",
        "--order=one-loop --width=5 --chi=1:x:3 | --chi is 1:x:3",
        "--order=one-loop --width=5 --chi=1:10:1 | --chi is 1:10:1",
        "--order=one-loop --width=5 --chi=0:10:3 | --chi is 0:10:3",
        "--order=map --width=5 --chi=1:10:3 | --chi is 1:10:3; order map takes one number",
        "--order=map --width=5 --chi=2 --scaling=standard | --scaling is standard",
        "--order=one-loop --width=5 --hidden-layers=3 | --hidden-layers is 3",
        "--order=one-loop --width=5 --gamma=2 | --gamma is 2.0",
        "--order=tree --width=5 --determinant-weight=1 | --determinant-weight is 1.0",
        "--order=map --width=5 --samples=8 | --samples is 8",
      })
  void optionsThatMakeNoSenseAreRefusedInOneLine(String options, String says) {
    Program run = bayes(options.strip().split(" "));
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains(says.strip());
    assertThat(out()).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--train-size=4 | --width is missing",
        "--train-size=4 --width=0 | --width is 0",
        "--train-size=4 --width=10 --samples=8 | --samples is 8",
        "--train-size=4 --width=10 --beta=0 | --beta is 0.0",
        "--train-size=4 --width=10 --beta=-1 | --beta is -1.0",
        "--train-size=1 --width=10 | --train-size is 1",
        "--train-size=4 --width=10 --activation=relu --weight-variance=1:3:3 | no stable fixed",
        "--train-size=4 --width=10 --hidden-layers=0 | --hidden-layers is 0",
      })
  void sweepsOnDataThatMakeNoSenseAreRefusedInOneLine(String options, String says) {
    String[] arguments =
        ("phase --train-x="
                + Program.DATA
                + "mnist01-train-images-idx3-ubyte.gz --train-y="
                + Program.DATA
                + "mnist01-train-labels-idx1-ubyte.gz --classes=0,1 --out="
                + out()
                + " "
                + options.strip())
            .split(" ");
    Program run = Program.run(arguments);
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains(says.strip());
    assertThat(out()).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--activation=relu --weight-variance=1:3:5 | no stable fixed point from 2.0 on",
        "--activation=linear --weight-variance=0.5:1:3 | no stable fixed point from 1.0 on",
        "--weight-variance=1.2 | a diagram needs a range",
        "--weight-variance=0:1:3 | --weight-variance is 0.0",
        "--bias-variance=-1 | --bias-variance is -1.0",
        "--hidden-layers=0 | --hidden-layers is 0",
        "--width=10 | name the data",
        "--hidden-layers=-3 | --hidden-layers is -3",
        "--hidden-layers=1000000000 | --hidden-layers is 1000000000; use 1 to 64",
        "--weight-variance=-1:1:3 | --weight-variance is -1.0",
        "--weight-variance=NaN:1:3 | --weight-variance is NaN:1:3",
        "--weight-variance=1:Infinity:3 | --weight-variance is 1:Infinity:3",
        "--weight-variance=1:2:0 | --weight-variance is 1:2:0",
        "--bias-variance=NaN | --bias-variance is NaN",
        "--bias-variance=Infinity | --bias-variance is Infinity",
        "--activation=step | --activation",
      })
  void sweepsThatLeaveTheStableRegionAreRefusedInOneLine(String options, String says) {
    String[] arguments = ("phase --out=" + out() + " " + options.strip()).split(" ");
    Program run = Program.run(arguments);
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains(says.strip());
    assertThat(out()).doesNotExist();
  }
}
