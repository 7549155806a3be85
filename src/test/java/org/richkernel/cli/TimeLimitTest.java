package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.Progress;
import org.richkernel.solver.StopSignal;

/** Limits and estimates of time, by clocks of the test. */
class TimeLimitTest {
  private static final long SECOND = 1_000_000_000L;

  private long now;

  private static Progress step(long done, long total) {
    return new Progress("sampling", 1, done, total, 0.9, Double.NaN);
  }

  @ParameterizedTest
  @CsvSource({
    "90, 90",
    "90s, 90",
    "30m, 1800",
    "1h30m, 5400",
    "2d, 172800",
    "1h2m3s, 3723",
    "01:30:00, 5400",
    "1-12:00:00, 129600"
  })
  void timesAreReadAsPeopleAndSchedulersWriteThem(String text, long seconds) {
    assertThat(Durations.parse("time-limit", text)).isEqualTo(Duration.ofSeconds(seconds));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "-3", "1.5h", "soon", "30m1h", "12:70:00", "h"})
  void otherTimesAreRefused(String text) {
    assertThatThrownBy(() -> Durations.parse("time-limit", text))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageStartingWith("time-limit is " + text + "; use seconds");
  }

  @ParameterizedTest
  @CsvSource({"0.26, 0.3 s", "42.4, 42 s", "300, 5 min", "9000, 2.5 h", "400000, 4.6 days"})
  void timesAreSaidInOneUnit(double seconds, String words) {
    assertThat(Durations.words(seconds)).isEqualTo(words);
  }

  @Test
  void aRunStopsWhenTwoMoreOfItsLongestStepsWouldNotFit() {
    StopSignal stop = new StopSignal();
    StringWriter said = new StringWriter();
    PrintWriter writer = new PrintWriter(said);
    Console console = new Console(writer, writer, false);
    TimeLimit limit = new TimeLimit(Duration.ofSeconds(20), () -> now, 0, stop, console, () -> 0.5);
    // a long start is no step
    long[] ends = {4, 5, 8, 10, 13};
    for (int i = 0; i < ends.length; i++) {
      now = ends[i] * SECOND;
      limit.progress(step(i, 100));
      assertThat(stop.isRaised()).isFalse();
    }
    now = 14 * SECOND; // the longest of the steps took 3 s: 14 + 6 + 0.5 > 20
    limit.progress(step(6, 100));
    assertThat(stop.isRaised()).isTrue();
    assertThat(said.toString()).contains("--time-limit of 20 s: stopping at this step");
  }

  @Test
  void theTimeLeftIsThatOfAllStepsThatMayBeNeeded() {
    TimeLeft left = new TimeLeft();
    assertThat(left.after(step(10, 100), 0)).isEmpty();
    assertThat(left.after(step(12, 100), 2 * SECOND)).isEmpty(); // too few steps
    // 8 steps took 3 s, the two before count no more
    assertThat(left.after(step(20, 100), 5 * SECOND).orElseThrow()).isEqualTo(30, within(1e-9));
    // another solve begins anew
    assertThat(left.after(step(0, 50), 6 * SECOND)).isEmpty();
    assertThat(left.after(step(25, 50), 16 * SECOND).orElseThrow()).isEqualTo(10, within(1e-9));
    assertThat(left.after(step(50, 50), 26 * SECOND)).isEmpty();
    // a small share of all steps says little, unless it took long
    assertThat(left.after(step(0, 1000), 30 * SECOND)).isEmpty();
    assertThat(left.after(step(10, 1000), 40 * SECOND)).isEmpty();
    assertThat(left.after(step(10, 1000), 61 * SECOND)).isPresent();
  }

  @Test
  void theHeartbeatSaysTheTimeLeft() {
    StringWriter lines = new StringWriter();
    Console console = new Console(new PrintWriter(lines), new PrintWriter(lines), false);
    Heartbeat heartbeat = new Heartbeat(console, () -> now);
    heartbeat.progress(step(0, 100));
    now = 20 * SECOND;
    heartbeat.progress(step(10, 100));
    assertThat(lines.toString().lines().toList().get(1))
        .contains("10 of at most 100")
        .endsWith("  at most about 3 min left");
  }

  @Test
  void aFewStepsSayTheTimeOfAll() {
    StopSignal stop = new StopSignal();
    TimedSteps steps = new TimedSteps(() -> now, stop);
    now = 2 * SECOND; // what comes before the first step
    steps.progress(step(0, 1000));
    now = 2 * SECOND + SECOND * 8 / 10; // Java is cold
    steps.progress(step(1, 1000));
    assertThat(stop.isRaised()).isFalse();
    now = 2 * SECOND + SECOND * 11 / 10;
    steps.progress(step(4, 1000));
    assertThat(stop.isRaised()).isTrue();
    assertThat(steps.line(false, 1))
        .isEqualTo("time at most about 2 min: steps of about 0.10 s, at most 1000 of them");
    assertThat(steps.line(false, 3)).contains("about 2 min for the first of 3 runs: steps");
    assertThat(new TimedSteps(() -> now, stop).line(false, 1)).contains("no step could be timed");
  }

  @Test
  void aLimitEndsARunAsASignalDoesAndTheRunGoesOn(@TempDir Path folder) {
    String[] run = {"--samples=64", "--tolerance=1e-12", "--max-sweeps=1000000", "--time-limit=1s"};
    for (String more : new String[] {"--no-resume", "--resume"}) {
      Program ended =
          Program.onDigits(
              "bayes", 6, 2, run[0], run[1], run[2], run[3], more, "--quiet", "--out=" + folder);
      assertThat(ended.code()).as(ended.err()).isEqualTo(ExitCode.STOPPED);
      assertThat(ended.err()).contains("--time-limit of 1 s", "resume with the same command");
      assertThat(folder.resolve("checkpoint")).isNotEmptyDirectory();
    }
    assertThat(Program.run("bayes", "--time-limit=soon").line()).contains("--time-limit is soon");
  }

  @Test
  void aPlanSaysWhatToAskFor(@TempDir Path folder) {
    Program plan =
        Program.onDigits(
            "bayes", 8, 2, "--samples=64", "--dry-run", "--out=" + folder.resolve("o"));
    assertThat(plan.code()).isZero();
    assertThat(plan.out())
        .containsPattern("peak memory about \\d+ MB: ask for java -Xmx\\d+m, and .* --mem=\\d+M")
        .containsPattern("time at most about .*: steps of about .* s, at most \\d+ of them");
    assertThat(folder.resolve("o")).doesNotExist();
    assertThat(Program.onDigits("lazy", 8, 2, "--dry-run").out()).contains("time about ");
  }
}
