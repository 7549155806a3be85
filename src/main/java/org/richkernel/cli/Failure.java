package org.richkernel.cli;

import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.richkernel.compute.BackendUnavailableException;
import org.richkernel.compute.DeviceLostException;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.data.InvalidDataException;
import org.richkernel.group.RankLostException;
import org.richkernel.group.RanksPartedException;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.UnresolvedKernelException;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * User-visible form of an exception: an exit code and one line.
 *
 * @param code of {@link ExitCode}
 * @param line problem and advice
 */
record Failure(int code, String line) {
  /** The failure of a command that threw. */
  static Failure of(Throwable thrown, CommandSpec command) {
    Failure failure = plain(thrown, command);
    if (failure.code() != ExitCode.DEFECT && FileNames.mayBeLost(failure.line())) {
      failure = new Failure(failure.code(), failure.line() + FileNames.MEND);
    }
    Optional<FileArgument> argument = FileArgument.of(failure.line(), command);
    if (argument.isEmpty()) {
      return failure;
    }
    boolean readBack = thrown instanceof InvalidDataException && argument.get().holdsResult();
    return new Failure(
        readBack ? ExitCode.IO : failure.code(), argument.get().prefix() + failure.line());
  }

  private static Failure plain(Throwable thrown, CommandSpec command) {
    if (thrown instanceof CommandLine.ParameterException e) {
      return new Failure(ExitCode.USAGE, UsageFailure.line(e));
    }
    if (thrown instanceof InvalidProblemException e) {
      boolean option = command.findOption("--" + e.field()) != null;
      return new Failure(ExitCode.USAGE, (option ? "--" : "") + message(e));
    }
    if (thrown instanceof UnresolvedKernelException e) {
      return new Failure(ExitCode.USAGE, "--train-x: " + e.finding() + "; " + mend(e, command));
    }
    if (thrown instanceof InvalidDataException || thrown instanceof NotPositiveDefiniteException) {
      return new Failure(ExitCode.USAGE, message(thrown));
    }
    if (thrown instanceof BackendUnavailableException
        || thrown instanceof DeviceLostException
        || thrown instanceof OutOfDeviceMemoryException) {
      return new Failure(ExitCode.NO_BACKEND, message(thrown));
    }
    if (thrown instanceof RankLostException) {
      return new Failure(
          ExitCode.STOPPED,
          message(thrown) + "; resume all ranks with the same command and --resume");
    }
    if (thrown instanceof RanksPartedException) {
      return new Failure(
          ExitCode.NO_BACKEND,
          message(thrown)
              + "; start all ranks on machines of one kind with the same command and --resume");
    }
    if (thrown instanceof OutOfMemoryError) {
      long megabytes = Runtime.getRuntime().maxMemory() >> 20;
      return new Failure(
          ExitCode.NO_BACKEND,
          String.format(
              Locale.ROOT,
              "the Java heap of %d MiB does not suffice; raise it, such as java -Xmx%dm, or lower%s",
              megabytes,
              2 * megabytes,
              sizes(command)));
    }
    if (thrown instanceof UncheckedIOException) {
      return new Failure(ExitCode.IO, message(thrown));
    }
    return new Failure(
        ExitCode.DEFECT,
        "unexpected "
            + thrown.getClass().getName()
            + ": "
            + message(thrown)
            + "; please report it, with the output of the same command with --debug");
  }

  /** The options of a command by which it takes less memory. */
  private static String sizes(CommandSpec command) {
    List<String> known =
        Stream.of("--train-size", "--samples", "--width", "--widths", "--test-size")
            .filter(name -> command.findOption(name) != null)
            .limit(2)
            .toList();
    return known.isEmpty() ? " the size of the problem" : " " + String.join(" or ", known);
  }

  /** Advice about a kernel too large for its ridge, with the options of the command. */
  private static String mend(UnresolvedKernelException e, CommandSpec command) {
    String scale = "scale the columns to order 1 (in the file, or --standardize global)";
    if (command.findOption("--kappa") == null) {
      return scale;
    }
    return (e.isOfLargeInputs() ? scale + ", or " : "") + "raise --kappa";
  }

  private static String message(Throwable thrown) {
    return String.valueOf(thrown.getMessage());
  }
}
