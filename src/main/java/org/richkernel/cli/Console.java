package org.richkernel.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where a command writes.
 *
 * @param out results and progress; flushed after every line
 * @param err warnings and failures, one line each
 * @param terminal whether lines of {@code out} may be redrawn
 */
record Console(PrintWriter out, PrintWriter err, boolean terminal) {
  private static final Path STANDARD_OUTPUT = Path.of("/proc/self/fd/1");

  /** The streams of the process. */
  static Console system() {
    return new Console(
        new PrintWriter(System.out, true), new PrintWriter(System.err, true), isTerminal());
  }

  /** From JDK 22 on there is a console even where the output goes into a file. */
  private static boolean isTerminal() {
    if (System.console() == null) {
      return false;
    }
    try {
      return !Files.isSymbolicLink(STANDARD_OUTPUT)
          || Files.readSymbolicLink(STANDARD_OUTPUT)
              .toString()
              .matches("/dev/(pts/|tty|console).*");
    } catch (IOException e) {
      return false;
    }
  }

  /** The same for warnings and failures alone. */
  Console withoutOutput() {
    return new Console(new PrintWriter(Writer.nullWriter()), err, false);
  }

  /** Writes one line to {@code out} at once. */
  void line(String text) {
    out.println(text);
    out.flush();
  }

  /** Writes one line to {@code err} at once, with the name of the program. */
  void warn(String text) {
    err.println("richkernel: " + text.strip().replaceAll("\\s*\\R\\s*", " "));
    err.flush();
  }
}
