package org.richkernel.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/** Runs the program within the test and keeps what it wrote. */
record Program(int code, String out, String err) {
  static final String DATA = "test-data/";

  static Program run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Console console = new Console(new PrintWriter(out), new PrintWriter(err), false);
    int code = Main.run(console, arguments);
    console.out().flush();
    console.err().flush();
    return new Program(code, out.toString(), err.toString());
  }

  /** A command on digits 0 and 1; later arguments are added as they are. */
  static Program onDigits(String command, int train, int test, String... more) {
    return run(digits(command, train, test, more).toArray(String[]::new));
  }

  static List<String> digits(String command, int train, int test, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                command,
                "--train-x=" + DATA + "mnist01-train-images-idx3-ubyte.gz",
                "--train-y=" + DATA + "mnist01-train-labels-idx1-ubyte.gz",
                "--test-x=" + DATA + "mnist01-test-images-idx3-ubyte.gz",
                "--test-y=" + DATA + "mnist01-test-labels-idx1-ubyte.gz",
                "--classes=0,1",
                "--train-size=" + train,
                "--test-size=" + test));
    arguments.addAll(List.of(more));
    return arguments;
  }

  /** The only line on standard error. */
  String line() {
    List<String> lines = err.lines().toList();
    if (lines.size() != 1) {
      throw new AssertionError("not one line but " + lines);
    }
    return lines.get(0);
  }
}
