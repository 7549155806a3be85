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
import org.junit.jupiter.params.provider.CsvSource;

class AbcCommandTest {
  @TempDir private Path folder;

  private Program abc(String... more) {
    List<String> arguments = new ArrayList<>(List.of("abc", "--out=" + folder.resolve("out")));
    arguments.addAll(List.of(more));
    return Program.run(arguments.toArray(String[]::new));
  }

  private JsonNode summary() throws IOException {
    return new ObjectMapper().readTree(Files.readAllBytes(folder.resolve("out/summary.json")));
  }

  @Test
  void aTableAndASummarySayTheSame() throws IOException {
    Program run = abc("--depth", "2", "--a", "0,0,0", "--b", "0,1/2,1/2", "--c", "1");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out().lines())
        .contains(
            "verdict           kernel regime",
            "r_1 .. r_L        3/2,1/2",
            "readout, update   n^-1",
            "dh_1              n^-3/2",
            "f_0               1",
            "kernel            Phi^1 o G^2 + Phi^2");
    JsonNode json = summary();
    assertThat(json.path("verdict").asText()).isEqualTo("kernel regime");
    assertThat(json.path("initOK").asBoolean()).isTrue();
    assertThat(json.path("stable").asBoolean()).isTrue();
    assertThat(json.path("nontrivial").asBoolean()).isTrue();
    assertThat(json.path("r")).hasToString("[\"3/2\",\"1/2\"]");
    assertThat(json.path("readout").path("initialization").asText()).isEqualTo("1/2");
    assertThat(json.path("readout").path("update").asText()).isEqualTo("1");
    assertThat(json.path("exponents").path("dh_1").asText()).isEqualTo("-3/2");
    assertThat(json.path("exponents").path("f_0").asText()).isEqualTo("0");
    assertThat(json.path("kernel").path("layers")).hasToString("[2,3]");
    assertThat(folder.resolve("out/report.html")).content().contains("kernel regime");
  }

  /** An exponent that begins with a minus sign is no option. */
  @Test
  void namesAndExponentsAgree() throws IOException {
    assertThat(abc("--named", "mup").code()).isZero();
    JsonNode named = summary();
    Program run = abc("--a", "-1/2,0,0.5", "--b", "1/2,1/2,1/2", "--c", "0");
    assertThat(run.code()).as(run.err()).isZero();
    JsonNode spelled = summary();
    assertThat(spelled.path("parametrization")).isEqualTo(named.path("parametrization"));
    assertThat(spelled.path("exponents")).isEqualTo(named.path("exponents"));
    assertThat(spelled.path("verdict").asText()).isEqualTo("feature learning");
    assertThat(spelled.path("kernel").isMissingNode()).isTrue();
  }

  @Test
  void learningRatesMayBeGivenBesideAName() throws IOException {
    assertThat(abc("--named=ntp", "--optimizer=adam", "--c=1/2,1,1/2", "--quiet").out()).isEmpty();
    assertThat(summary().path("verdict").asText()).isEqualTo("kernel regime");
    assertThat(summary().path("kernel").path("allTerms").asBoolean()).isTrue();
    assertThat(abc("--named=mup-adam", "--depth=3").out()).contains("0,1,1,0", "feature learning");
  }

  @Test
  void trainedNetworksStandBesideThePrediction() throws IOException {
    Program run = abc("--named=mup", "--train", "--widths=16,32,64", "--repeats=3", "--seed=4");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("slope in log n", "width 32").containsPattern("dh_2 +4 +-?0.");
    JsonNode slopes = summary().path("slopes");
    assertThat(slopes.findValuesAsText("quantity"))
        .containsExactly("dh_1", "dh_2", "df", "dW.x", "W0.dx", "f_0");
    assertThat(slopes.get(5).path("predicted").asText()).isEqualTo("-1/2");
    assertThat(slopes.get(0).path("slope").asDouble()).isBetween(-0.25, 0.25);
    assertThat(slopes.get(0).path("slopeStandardError").asDouble()).isBetween(0.01, 0.25);
    assertThat(summary().path("config").path("step-size").asDouble()).isEqualTo(0.5);
    assertThat(summary().path("backend").path("name").asText()).isEqualTo("cpu");
    assertThat(folder.resolve("out/report.html"))
        .content()
        .contains("Change of the preactivations", "Outputs", "predicted power of n");
  }

  /** After more steps what blew up has fed back. */
  @Test
  void unstableOnesAreMeasuredAfterTheirFirstStep() throws IOException {
    assertThat(abc("--named=sp", "--train", "--widths=16,32", "--quiet").out()).isEmpty();
    JsonNode slopes = summary().path("slopes");
    // f_0 is there before any step
    assertThat(slopes.findValuesAsText("step")).containsExactly("1", "1", "1", "1", "1", "0");
    assertThat(slopes.findValuesAsText("predicted"))
        .containsExactly("-1/2", "1/2", "1", "1", "1", "0");
    assertThat(slopes.get(0).path("curvature").isMissingNode()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--a=0,x --b=0,0 --c=1 | --a is 'x'; write whole numbers and fractions such as 0,1/2,-1",
        "--a=0,12345678901 --b=0,0 --c=1 | --a is '12345678901'; write numbers of at most 9 digits",
        "--a=0,1/0 --b=0,0 --c=1 | --a is '1/0'; write",
        "--a=0,0 --b=0,1/2,1/2 --c=1 | --b is 0,1/2,1/2; give one exponent for each of the 2",
        "--a=0,0 --b=0,1/2 --c=1,1,1 | --c is 1,1,1; give one exponent for each of the 2 layers,"
            + " or",
        "--depth=3 --a=0,0 --b=0,1/2 --c=1 | --a is 0,0; --depth 3 has 4 layers",
        "--a=0 --b=0 --c=1 | --a is 0; give one exponent",
        "--depth=0 --named=mup | --depth is 0; use",
        "--named=mup --a=0,0 | --a is 0,0; --named mup says it already",
        "--named=ntp --b=0,0 | --b is 0,0; --named ntp says it already",
        "--named=np | --named is np; did you mean ntp? use sp, ntp, mfp, mup or mup-adam",
        "--named=mup-adam --optimizer=sgd | --optimizer is sgd; --named mup-adam is for adam",
        "--named=mup --optimizer=lion | --optimizer is lion; use sgd, momentum or adam",
        "--a=0,0 --c=1 | --b is missing; give --a, --b and --c, or --named",
        "--named=mup --widths=8,16 | --widths is given; it is of trained networks; add --train",
        "--named=mup --train --widths=8 | --widths is 8; a slope needs at least 2 different",
        "--named=mup --train --widths=8,x | --widths is 8,x; use whole numbers with commas",
        "--named=mup --train --widths=1,8 | --widths is 1; use widths of at least 2",
        "--named=mup --train --repeats=1 | --repeats is 1; use 2 to 65535",
        "--named=mup --train --steps=0 | --steps is 0; use 1 to",
        "--named=mup --train --step-size=0 | --step-size is 0.0; use a positive number",
        "--named=mup --train --weight-decay=-1 | --weight-decay is -1.0; use a number",
        "--seconds=1 | --seconds is no option of richkernel abc",
      })
  void badInputIsSaidInOneLine(String options, String says) {
    Program run = abc(options.split(" "));
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).startsWith("richkernel: " + says);
    assertThat(run.out()).isEmpty();
    assertThat(folder.resolve("out")).doesNotExist();
  }
}
