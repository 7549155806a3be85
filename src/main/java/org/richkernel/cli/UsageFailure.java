package org.richkernel.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.option.Words;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Report of an invalid command line, in one short line with advice. */
final class UsageFailure {
  private static final String NEGATIVE = "--no-";

  private UsageFailure() {}

  /** Description of the first error. */
  static String line(CommandLine.ParameterException e) {
    CommandSpec command = e.getCommandLine().getCommandSpec();
    String said = said(e, command);
    return said + (said.endsWith("?") ? " see " : "; see ") + command.qualifiedName() + " --help";
  }

  private static String said(CommandLine.ParameterException e, CommandSpec command) {
    if (e instanceof CommandLine.UnmatchedArgumentException unmatched) {
      return notKnown(unmatched.getUnmatched().get(0), command);
    }
    if (e.getArgSpec() != null && e.getValue() != null && isAboutTheValue(e)) {
      return name(e.getArgSpec()) + " is " + e.getValue() + "; " + mend(e);
    }
    return String.valueOf(e.getMessage());
  }

  private static String notKnown(String given, CommandSpec command) {
    if (given.startsWith("-")) {
      String name = given.split("=", 2)[0];
      return name
          + " is no option of "
          + command.qualifiedName()
          + like(name, command).map(like -> "; did you mean " + like + "?").orElse("");
    }
    if (!command.subcommands().isEmpty()) {
      return "'" + given + "' is no command; " + mend(given, command);
    }
    return "'" + given + "' belongs to no option of " + command.qualifiedName();
  }

  private static String mend(String given, CommandSpec program) {
    List<String> commands = List.copyOf(program.subcommands().keySet());
    return Words.like(given, commands)
        .map(like -> "did you mean " + like + "?")
        .orElseGet(() -> Words.mend(given, commands));
  }

  /** The most similar option; dashes and a leading "no-" are alike in many and count for none. */
  private static Optional<String> like(String given, CommandSpec command) {
    boolean negative = given.startsWith(NEGATIVE);
    Map<String, String> names = new LinkedHashMap<>();
    for (OptionSpec option : command.options()) {
      String name = option.longestName();
      String bare = bare(name);
      names.put(bare, negative && option.negatable() ? NEGATIVE + bare : name);
    }
    return Words.like(bare(given), names.keySet()).map(names::get);
  }

  private static String bare(String name) {
    return name.replaceFirst("^--no-|^-+", "");
  }

  private static boolean isAboutTheValue(CommandLine.ParameterException e) {
    return e.getCause() instanceof CommandLine.TypeConversionException
        || e instanceof CommandLine.ParameterException
            && String.valueOf(e.getMessage()).startsWith("Invalid value");
  }

  private static String name(ArgSpec argument) {
    return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
  }

  /** Message of the converter of the value, or the format of numbers. */
  private static String mend(CommandLine.ParameterException e) {
    Class<?> type = e.getArgSpec().type();
    if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
      return "use a whole number";
    }
    if (type == double.class || type == Double.class) {
      return "use a number";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "it takes no value; leave it out, or use true or false";
    }
    if (type == Path.class) {
      return "this is no file name; check it";
    }
    return reason(e.getCause(), String.valueOf(e.getMessage()));
  }

  private static String reason(@Nullable Throwable cause, String otherwise) {
    return cause == null ? otherwise : String.valueOf(cause.getMessage());
  }
}
