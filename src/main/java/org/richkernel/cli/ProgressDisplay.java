package org.richkernel.cli;

import org.richkernel.solver.Progress;

/** Shows where a solver stands while it is open. */
interface ProgressDisplay extends Progress.Listener, AutoCloseable {
  /** The display that suits a console: a bar on a terminal, otherwise lines, or nothing. */
  static ProgressDisplay of(Console console, boolean quiet) {
    if (quiet) {
      return new Silent();
    }
    return console.terminal() ? new BarDisplay() : new Heartbeat(console, System::nanoTime);
  }

  /** Takes the display off the terminal. */
  @Override
  void close();

  /** Shows nothing. */
  final class Silent implements ProgressDisplay {
    @Override
    public void progress(Progress progress) {
      // quiet by choice
    }

    @Override
    public void close() {
      // nothing was shown
    }
  }
}
