package org.richkernel.cli;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.report.ReportWriter;
import org.richkernel.study.CoordinateCheck;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Checks dumped coordinates against the exponents of their parametrization. */
@Command(
    name = "check",
    footer = "  richkernel check dumps --report --out check",
    description =
        "Coordinate check with an answer key: activations that any framework dumped at several"
            + " widths (.npz files and parametrization.json, see docs/coordinate-check.md) against"
            + " the exponents of their declared parametrization. Names the first guilty layer and"
            + " the likely mistake. A check that could be made exits with 0, whatever it found;"
            + " verdict in summary.json says it.")
final class CheckCommand implements Callable<Integer> {
  private final Console console;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(
      paramLabel = FileArgument.INPUT_FOLDER,
      arity = "0..1",
      description = "Folder of the dumps of all widths and seeds. Required.")
  private @Nullable Path folder;

  @Option(
      names = "--report",
      negatable = true,
      description = "Draw the slopes into report.html too. Default: off.")
  private boolean report;

  @Option(
      names = "--limit",
      negatable = true,
      description =
          "Compute the infinite-width limit of the task in parametrization.json (gradient descent,"
              + " maximal updates) and the distance of the networks to it. Default: off.")
  private boolean limit;

  @Option(
      names = "--samples",
      paramLabel = "S",
      defaultValue = "20000",
      description = "Number of neurons that the limit is computed with. Default: ${DEFAULT-VALUE}.")
  private int samples = 20_000;

  @Mixin private SeedOption seed = new SeedOption();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "richkernel-out",
      description =
          "Folder for the result; a result that is there already is replaced. Default:"
              + " ${DEFAULT-VALUE}.")
  private Path out = Path.of("richkernel-out");

  @Option(
      names = "--quiet",
      negatable = true,
      description = "Write nothing but warnings and failures. Default: off.")
  private boolean quiet;

  /** Read by the program, before the other options are. */
  @SuppressWarnings("UnusedVariable")
  @Mixin
  private ConfigOption config = new ConfigOption();

  /** Read by the program, which looks at the arguments themselves. */
  @SuppressWarnings("UnusedVariable")
  @Mixin
  private DebugOption debug = new DebugOption();

  /** A command that writes to a console. */
  CheckCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    long start = System.nanoTime();
    if (folder == null) {
      throw new InvalidProblemException("dumps", "missing", "name the folder of the dumps");
    }
    CoordinateCheck check =
        limit
            ? CoordinateCheck.withLimit(folder, samples, seed.value())
            : CoordinateCheck.of(folder);
    Map<String, @Nullable Object> options = OptionRecord.of(Objects.requireNonNull(spec));
    options.put(FileArgument.INPUT_FOLDER.toLowerCase(Locale.ROOT), folder.toString());
    check.save(out, options, (System.nanoTime() - start) * 1e-9);
    check.doubts().forEach(console::warn);
    if (!quiet) {
      check.lines().forEach(console::line);
    }
    if (report) {
      Path page = ReportWriter.write(out);
      if (!quiet) {
        console.line(String.format("%-18s%s", "report", page));
      }
    }
    if (limit && check.limit().isEmpty()) {
      console.warn(
          "NOT converged: the limit could not be computed; lower the step size or raise --samples");
      return ExitCode.NOT_CONVERGED;
    }
    return ExitCode.DONE;
  }
}
