package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.richkernel.solver.Progress;

class ProgressDisplayTest {
  private final StringWriter out = new StringWriter();
  private final AtomicLong clock = new AtomicLong();
  private final Heartbeat heartbeat =
      new Heartbeat(new Console(new PrintWriter(out), new PrintWriter(out), false), clock::get);

  private void at(double seconds, String phase, long done, double residual) {
    clock.set((long) (seconds * 1e9));
    heartbeat.progress(new Progress(phase, 1.5, done, 100, 0.8, residual));
  }

  @Test
  void aLineIsWrittenForEachPhaseEachResidualAndAtLeastEveryTenSeconds() {
    at(0.5, "burn-in", 1, Double.NaN);
    at(1, "burn-in", 2, Double.NaN);
    at(2, "sampling", 3, Double.NaN);
    at(3, "sampling", 4, 0.25);
    at(4, "sampling", 5, 0.25);
    at(12.9, "sampling", 6, 0.25);
    at(13.1, "sampling", 7, 0.25);

    assertThat(out.toString().lines())
        .containsExactly(
            "     0.5 s  burn-in   1 of at most 100  gamma 1.500  acceptance 0.80",
            "     2.0 s  sampling  3 of at most 100  gamma 1.500  acceptance 0.80",
            "     3.0 s  sampling  4 of at most 100  gamma 1.500  acceptance 0.80  residual"
                + " 2.50e-01",
            // 3 steps in 10.1 s, and 93 to come
            "    13.1 s  sampling  7 of at most 100  gamma 1.500  acceptance 0.80  residual"
                + " 2.50e-01  at most about 5 min left");
  }

  /** 40 steps of a second and then steps of four: the pace is that of the last quarter. */
  @Test
  void theTimeLeftFollowsStepsThatTakeLonger() {
    TimeLeft left = new TimeLeft();
    OptionalDouble seconds = OptionalDouble.empty();
    double now = 0;
    for (int step = 1; step <= 60; step++) {
      now += step <= 40 ? 1 : 4;
      Progress progress = new Progress("sampling", 1, step, 100, 0.8, Double.NaN);
      seconds = left.after(progress, (long) (now * 1e9));
      if (step == 40) {
        assertThat(seconds.orElseThrow()).isCloseTo(60, within(1e-6));
      }
    }
    assertThat(seconds.orElseThrow()).isCloseTo(40 * 4, within(1e-6));
  }

  @Test
  void theCriterionThatFailsStandsBesideTheResidual() {
    heartbeat.progress(
        new Progress("sampling", 1.5, 5, 100, 0.8, 0.25, "R-hat 1.123 > 1.05 and 2 more"));

    assertThat(out.toString()).contains("2.50e-01  goes on: R-hat 1.123 > 1.05 and 2 more");
  }

  @Test
  void nothingIsRedrawnWithoutATerminal() {
    Console console = new Console(new PrintWriter(out), new PrintWriter(out), false);
    try (ProgressDisplay lines = ProgressDisplay.of(console, false);
        ProgressDisplay silent = ProgressDisplay.of(console, true)) {
      assertThat(lines).isInstanceOf(Heartbeat.class);
      assertThat(silent).isInstanceOf(ProgressDisplay.Silent.class);
    }
  }
}
