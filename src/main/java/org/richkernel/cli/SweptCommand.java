package org.richkernel.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** A command that a sweep runs, with the options that all its runs share. */
final class SweptCommand {
  private final Console console;
  private final CommandSpec spec;
  private final List<String> arguments;
  private final List<String> ofTheMachine;

  private SweptCommand(
      Console console, CommandSpec spec, List<String> arguments, List<String> ofTheMachine) {
    this.console = console;
    this.spec = spec;
    this.arguments = arguments;
    this.ofTheMachine = ofTheMachine;
  }

  /**
   * Finds the command.
   *
   * @param arguments its name and its options
   * @throws InvalidProblemException if there is none of that name, or it writes no folder
   */
  static SweptCommand of(Console console, List<String> arguments) {
    if (arguments.isEmpty()) {
      throw new InvalidProblemException(
          "over",
          "no command",
          "put a command and its options after those of sweep, such as bayes");
    }
    CommandLine found = Main.program(console).getSubcommands().get(arguments.get(0));
    if (found == null || arguments.get(0).equals("sweep")) {
      throw new InvalidProblemException(
          "sweep", arguments.get(0), "name a command that computes, such as bayes");
    }
    CommandSpec spec = found.getCommandSpec();
    if (spec.findOption("--out") == null) {
      throw new InvalidProblemException(
          "sweep", spec.name(), "it writes no result folder; name a command that does");
    }
    return new SweptCommand(console, spec, List.copyOf(arguments), List.of());
  }

  /**
   * The same on some CUDA devices.
   *
   * @param devices null for those of the command
   */
  SweptCommand on(@Nullable String devices) {
    return devices == null
        ? this
        : new SweptCommand(console, spec, arguments, List.of("--devices=" + devices));
  }

  /** Its name. */
  String name() {
    return spec.name();
  }

  /**
   * Parses the arguments of a run.
   *
   * @throws InvalidProblemException if a swept option is not one of the command, or is already
   *     given
   * @throws CommandLine.ParameterException if the command refuses a value
   */
  void check(Map<String, String> values) {
    values
        .keySet()
        .forEach(
            name -> {
              if (spec.findOption("--" + name) == null || name.equals("out")) {
                throw new InvalidProblemException(
                    "over", name, "it is no option of " + name() + " that can be swept over");
              }
              if (given(name)) {
                throw new InvalidProblemException(
                    "over",
                    name,
                    "it stands among the options of " + name() + " too; leave it out there");
              }
            });
    for (String own : List.of("out", "resume")) {
      if (given(own)) {
        throw new InvalidProblemException(
            own,
            "given to " + name(),
            "the sweep sets it for each run; put --out before " + name());
      }
    }
    Main.program(console).parseArgs(line(values, Path.of("run")));
  }

  /** Whether an option is among the common options of all runs. */
  boolean given(String name) {
    return arguments.stream()
        .anyMatch(
            argument -> argument.equals("--" + name) || argument.startsWith("--" + name + "="));
  }

  /** Runs once, going on from where an earlier run stopped, to the exit code. */
  int run(Map<String, String> values, Path folder) {
    return Main.run(console, line(values, folder));
  }

  private String[] line(Map<String, String> values, Path folder) {
    List<String> line = new ArrayList<>(arguments);
    values.forEach((name, value) -> line.add("--" + name + "=" + value));
    line.addAll(ofTheMachine);
    line.add("--out=" + folder);
    for (String flag : List.of("--resume", "--quiet")) {
      if (spec.findOption(flag) != null && !line.contains(flag)) {
        line.add(flag);
      }
    }
    return line.toArray(String[]::new);
  }
}
