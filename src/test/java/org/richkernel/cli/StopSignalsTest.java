package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.richkernel.solver.StopSignal;
import sun.misc.Signal;
import sun.misc.SignalHandler;

@SuppressWarnings("sunapi")
class StopSignalsTest {
  static List<String> signals() throws IOException {
    return Interrupts.received();
  }

  @ParameterizedTest
  @MethodSource("signals")
  @Timeout(60)
  void aSignalAsksForAStop(String name) throws InterruptedException {
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    StopSignal stop = new StopSignal();
    try (StopSignals signals = new StopSignals(stop, new Console(nowhere, nowhere, false))) {
      Signal.raise(new Signal(name));
      while (!stop.isRaised()) {
        Thread.sleep(5);
      }
    }
    assertThat(stop.isRaised()).isTrue();
  }

  /** The disposition of INT while a stop is under way is read by setting another. */
  @ParameterizedTest
  @MethodSource("signals")
  @Timeout(60)
  void anIntAfterAnySignalKills(String name) throws IOException {
    assumeTrue(signals().contains("INT"));
    StringWriter errors = new StringWriter();
    Console console = new Console(new PrintWriter(errors), new PrintWriter(errors), false);
    Signal interrupt = new Signal("INT");
    SignalHandler found;
    try (StopSignals signals = new StopSignals(new StopSignal(), console)) {
      Signal.raise(new Signal(name));
      while (!errors.toString().contains("SIG" + name)) {
        Thread.onSpinWait();
      }
      found = Signal.handle(interrupt, received -> {});
    }
    assertThat(found).isEqualTo(SignalHandler.SIG_DFL);
    assertThat(errors.toString()).contains("an INT from here on kills at once");
  }

  @Test
  @Timeout(60)
  void aSignalEndsTheFirstPlanOfASweepAndTheSweep(@TempDir Path folder) {
    StringWriter errors = new StringWriter();
    StringWriter lines =
        new StringWriter() {
          @Override
          public void write(String text, int from, int length) {
            super.write(text, from, length);
            if (text.startsWith("peak memory")) {
              Signal.raise(new Signal("USR1"));
              while (!errors.toString().contains("SIGUSR1")) {
                Thread.onSpinWait();
              }
            }
          }
        };
    Console console = new Console(new PrintWriter(lines), new PrintWriter(errors), false);
    List<String> command = new ArrayList<>(List.of("sweep", "--over=gamma=1,2"));
    command.add("--out=" + folder.resolve("sweep"));
    command.addAll(Program.digits("bayes", 8, 2, "--samples=64", "--dry-run"));
    assertThat(Main.run(console, command.toArray(String[]::new))).isEqualTo(ExitCode.STOPPED);
    assertThat(lines.toString()).contains("gamma=1").doesNotContain("gamma=2");
  }
}
