package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.richkernel.solver.StopSignal;
import sun.misc.Signal;

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
}
