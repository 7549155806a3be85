package org.richkernel.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.richkernel.group.RankGroup;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** The program: finds the command, runs it, and returns an exit code. */
public final class Main {
  private Main() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /**
   * Runs a command within the process.
   *
   * @return 0 done and converged; 2 bad usage or input; 3 not converged; 4 no backend or memory; 70
   *     a defect; 74 a file could not be written or read back; 75 stopped by a signal, by the time
   *     limit, or by the loss of another rank
   */
  public static int run(String... arguments) {
    return run(Console.system(), arguments);
  }

  /**
   * Runs a command together with other processes that run the same; only rank 0 writes output,
   * other ranks write failures.
   *
   * @return as above, the same on all ranks unless one is lost
   */
  public static int run(RankGroup ranks, String... arguments) {
    Console console = Console.system();
    return run(ranks.rank() == 0 ? console : console.withoutOutput(), ranks, arguments);
  }

  /**
   * Number of runs of a sweep.
   *
   * @param arguments of {@code sweep}, without that word
   * @throws org.richkernel.network.InvalidProblemException if the grid cannot be understood
   */
  public static int sweepSize(String... arguments) {
    List<String> line = new ArrayList<>(List.of("sweep"));
    line.addAll(List.of(arguments));
    ParseResult parsed = program(Console.system()).parseArgs(line.toArray(String[]::new));
    return ((SweepCommand) parsed.subcommand().commandSpec().userObject()).size();
  }

  /**
   * Where a command leaves its result.
   *
   * @param arguments the command and its options
   * @throws CommandLine.ParameterException if they cannot be understood
   */
  public static Path out(String... arguments) {
    CommandLine program = program(Console.system());
    ParseResult parsed = program.parseArgs(withConfigFile(program, arguments));
    return Optional.ofNullable(parsed.subcommand().commandSpec().findOption("--out"))
        .map(option -> (Path) option.getValue())
        .orElseThrow(() -> new InvalidProblemException("command", arguments[0], "use bayes"));
  }

  /** The same with other streams. */
  static int run(Console console, String... arguments) {
    return run(console, RankGroup.alone(), arguments);
  }

  /** The same of a rank with other streams. */
  static int run(Console console, RankGroup ranks, String... arguments) {
    CommandLine program = program(console, ranks);
    String[] all = arguments;
    try {
      all = withConfigFile(program, arguments);
      program = program(console, ranks);
      ParseResult parsed = program.parseArgs(all);
      Integer shown = CommandLine.executeHelpRequest(parsed);
      return shown != null ? shown : call(program, parsed, ranks);
    } catch (Exception | OutOfMemoryError | LinkageError | StackOverflowError e) {
      Failure failure = Failure.of(e, commandOf(program));
      console.warn(failure.line());
      if (asksForTrace(List.of(all))) {
        e.printStackTrace(console.err());
        console.err().flush();
      }
      return failure.code();
    }
  }

  /** Reads the raw arguments, as the parse may have failed. */
  private static boolean asksForTrace(List<String> arguments) {
    return arguments.lastIndexOf(DebugOption.NAME) > arguments.lastIndexOf("--no-debug");
  }

  private static int call(CommandLine program, ParseResult parsed, RankGroup ranks)
      throws Exception {
    if (!parsed.hasSubcommand()) {
      throw new CommandLine.ParameterException(program, "no command was given");
    }
    Object command = parsed.subcommand().commandSpec().userObject();
    if (ranks.size() > 1 && !(command instanceof BayesCommand)) {
      throw new InvalidProblemException(
          "ranks", ranks.size(), "only bayes is fitted by several processes; use 1");
    }
    return (Integer) ((java.util.concurrent.Callable<?>) command).call();
  }

  /** The command that was last parsed, whose options failures name. */
  private static CommandSpec commandOf(CommandLine program) {
    ParseResult parsed = program.getParseResult();
    return parsed != null && parsed.hasSubcommand()
        ? parsed.subcommand().commandSpec()
        : program.getCommandSpec();
  }

  /** The arguments with those of --config inserted, unless the command line has them. */
  private static String[] withConfigFile(CommandLine program, String[] arguments) {
    ParseResult parsed = program.parseArgs(arguments);
    if (!parsed.hasSubcommand() || !parsed.subcommand().hasMatchedOption(ConfigOption.NAME)) {
      return arguments;
    }
    ParseResult command = parsed.subcommand();
    Path file = command.matchedOptionValue(ConfigOption.NAME, Path.of(""));
    List<String> all = new ArrayList<>(List.of(arguments));
    int name = all.indexOf(command.commandSpec().name());
    all.addAll(
        name + 1,
        ConfigFile.arguments(
            file,
            command.commandSpec(),
            option -> command.hasMatchedOption(option),
            !command.matchedPositionals().isEmpty()));
    return all.toArray(String[]::new);
  }

  @Command(
      name = "richkernel",
      description = "Kernels of infinitely wide neural networks that learn features.",
      footerHeading = "%nExit codes:%n",
      footer =
          "0 done and converged; 2 bad usage or input; 3 not converged, results"
              + " written; 4 no usable backend or not enough memory; 70 a defect of the program; 74"
              + " a file could not be written or read back; 75 stopped by a signal, by"
              + " --time-limit, or by the loss of another rank, --resume goes on.")
  private static final class Richkernel {}

  /** The commands with their options. */
  static CommandLine program(Console console) {
    return program(console, RankGroup.alone());
  }

  private static CommandLine program(Console console, RankGroup ranks) {
    CommandLine program =
        new CommandLine(new Richkernel())
            .addSubcommand(new LazyCommand(console))
            .addSubcommand(new BayesCommand(console, ranks))
            .addSubcommand(new DynamicsCommand(console))
            .addSubcommand(new PhaseCommand(console))
            .addSubcommand(new AbcCommand(console))
            .addSubcommand(new CheckCommand(console))
            .addSubcommand(new FewShotCommand(console))
            .addSubcommand(new WordCommand(console))
            .addSubcommand(new FiniteCommand(console))
            .addSubcommand(new SweepCommand(console))
            .addSubcommand(new GalleryCommand(console))
            .addSubcommand(new PredictCommand(console))
            .addSubcommand(new ReportCommand(console))
            .addSubcommand(new DemoCommand(console))
            .addSubcommand(new DevicesCommand(console));
    OptionNames.addTo(program);
    HelpText.addTo(program);
    program.getSubcommands().values().forEach(HelpText::addTo);
    // arguments after the name of the swept command belong to that command
    program.getSubcommands().get("sweep").setStopAtPositional(true);
    return program
        .setOut(console.out())
        .setErr(console.err())
        .setExpandAtFiles(false)
        .setUsageHelpAutoWidth(true)
        .setColorScheme(plain())
        .setNegatableOptionTransformer(new NoPrefix());
  }

  private static CommandLine.Help.ColorScheme plain() {
    return CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF);
  }

  /** {@code --no-NAME} switches NAME off; help shows just NAME. */
  private static final class NoPrefix implements CommandLine.INegatableOptionTransformer {
    @Override
    public String makeNegative(String name, CommandSpec command) {
      return "--no-" + name.substring("--".length());
    }

    @Override
    public String makeSynopsis(String name, CommandSpec command) {
      return name;
    }
  }
}
