package org.richkernel.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.richkernel.solver.StopSignal;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Turns INT, TERM, USR1 and HUP into a stop at the next step boundary while it is open, in place of
 * the JVM's own handlers, which would shut down beside the solver. An INT that follows any of them
 * kills, unless INT is ignored by those who started the program. USR2 belongs to the JVM.
 */
@SuppressWarnings("sunapi")
final class StopSignals implements AutoCloseable {
  private static final String INT = "INT";
  private static final List<String> NAMES = List.of(INT, "TERM", "USR1", "HUP");

  private final Map<Signal, SignalHandler> former = new LinkedHashMap<>();
  private volatile boolean ignoresInterrupts;
  private boolean saving; // of work without checkpoints

  private final BiConsumer<StopSignals, Signal> action;

  /** Handles the signals from now on. */
  StopSignals(StopSignal stop, Console console) {
    this((signals, received) -> signals.stop(received, stop, console), console);
  }

  private StopSignals(BiConsumer<StopSignals, Signal> action, Console console) {
    this.action = action;
    for (String name : NAMES) {
      try {
        Signal signal = new Signal(name);
        SignalHandler before = Signal.handle(signal, received -> action.accept(this, received));
        former.put(signal, before);
        if (before.equals(SignalHandler.SIG_IGN)) {
          // nohup means it
          Signal.handle(signal, before);
          ignoresInterrupts |= name.equals(INT);
        }
      } catch (IllegalArgumentException e) {
        // the JVM was started with -Xrs, or the system has no such signal
        console.warn("signal " + name + " cannot be handled (" + e.getMessage() + ")");
      }
    }
  }

  /**
   * Ends the program at once, with {@link ExitCode#STOPPED}: for work without checkpoints. From
   * {@link #beginSaving} on the result is saved first.
   */
  static StopSignals ending(Console console) {
    return new StopSignals((signals, received) -> signals.end(received, console), console);
  }

  /** Holds the lock until the end of the program, so that saving does not begin before it. */
  private synchronized void end(Signal received, Console console) {
    String name = "SIG" + received.getName();
    if (saving) {
      console.warn(name + ": ends as soon as the result is saved");
    } else {
      console.warn(name + ": stopped; the same command starts over");
      Runtime.getRuntime().halt(ExitCode.STOPPED);
    }
  }

  /** Lets no signal end the program until the result is saved; does not return if one has come. */
  synchronized void beginSaving() {
    saving = true;
  }

  private void stop(Signal received, StopSignal stop, Console console) {
    stop.raise();
    if (!ignoresInterrupts) {
      Signal.handle(new Signal(INT), SignalHandler.SIG_DFL);
    }
    console.warn(
        "SIG"
            + received.getName()
            + ": stopping at the next step, or as soon as the result is saved; "
            + (ignoresInterrupts ? "KILL ends it at once" : "an INT from here on kills at once"));
  }

  /** Restores the earlier signal handlers. */
  @Override
  public void close() {
    former.forEach(Signal::handle);
  }
}
