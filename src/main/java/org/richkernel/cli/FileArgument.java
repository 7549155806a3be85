package org.richkernel.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.richkernel.data.ArrayReader;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The argument of a command that named the file a message begins with.
 *
 * @param option its name, empty for a parameter without one; several where they name the same
 * @param value the file or folder that it named
 * @param below whether the message is about a file in that folder, and the folder is no input
 */
record FileArgument(String option, String value, boolean below) {
  /** Label of a folder whose files are input, and no result of an earlier run. */
  static final String INPUT_FOLDER = "DUMPS";

  private static final String FILE = "FILE";
  private static final String OUT = "--out";

  /** The argument whose value is the longest beginning of the message; all that have the same. */
  static Optional<FileArgument> of(String message, CommandSpec command) {
    return command.args().stream()
        .flatMap(arg -> values(arg).stream().map(value -> named(arg, value, message)))
        .flatMap(Optional::stream)
        .reduce(FileArgument::closer);
  }

  private FileArgument closer(FileArgument other) {
    if (other.value.length() != value.length()) {
      return other.value.length() > value.length() ? other : this;
    }
    String both =
        option.isEmpty() || other.option.isEmpty()
            ? option + other.option
            : option + " or " + other.option;
    return new FileArgument(both, value, below);
  }

  private static List<String> values(ArgSpec arg) {
    Object value = arg.getValue();
    Collection<?> all =
        value instanceof Collection<?> several
            ? several
            : value == null ? List.of() : List.of(value);
    return all.stream()
        .filter(one -> one instanceof Path || arg.paramLabel().equals(FILE))
        .flatMap(one -> Stream.of(one.toString(), ArrayReader.withoutPart(one.toString())))
        .map(FileArgument::asMessagesSay)
        .distinct()
        .toList();
  }

  private static String asMessagesSay(String value) {
    try {
      return Path.of(value).toString();
    } catch (InvalidPathException e) {
      return value; // no file name at all, as the reader of the file will say
    }
  }

  private static Optional<FileArgument> named(ArgSpec arg, String value, String message) {
    if (value.isEmpty() || !message.startsWith(value) || message.length() == value.length()) {
      return Optional.empty();
    }
    char next = message.charAt(value.length());
    String option = arg instanceof OptionSpec spec ? spec.longestName() : "";
    return next == ':' || next == '/'
        ? Optional.of(
            new FileArgument(option, value, next == '/' && !arg.paramLabel().equals(INPUT_FOLDER)))
        : Optional.empty();
  }

  /** Adds the name of the option to the message. */
  String prefix() {
    return option.isEmpty() ? "" : option + " ";
  }

  /**
   * Whether the file is one of a result that an earlier run wrote: if it cannot be used, it could
   * not be read back, which is no fault of the input.
   */
  boolean holdsResult() {
    return below && !option.equals(OUT);
  }
}
