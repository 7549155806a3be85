package org.richkernel.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.richkernel.report.Comparison;
import org.richkernel.report.ReportWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Draws a saved result again. */
@Command(
    name = "report",
    footer = "  richkernel report fit --compare nets",
    description =
        "Draws report.html of a saved result again, or compare.html with others beside it.")
final class ReportCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "DIR", description = "The --out folder of a finished run.")
  private Path folder = Path.of("");

  @Option(
      names = "--compare",
      paramLabel = "OTHER",
      description =
          "The --out folder of another run on the same training points, drawn beside this one in "
              + "compare.html, aligned by training time, every difference with its error: a "
              + "theory beside an experiment. Repeated for several; trained networks of several "
              + "widths beside their theory show its convergence. Default: none.")
  private List<Path> others = new ArrayList<>();

  @Mixin private DebugOption debug = new DebugOption();

  /** A command that writes to a console. */
  ReportCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (others.isEmpty()) {
      console.line(ReportWriter.write(folder).toString());
      return ExitCode.DONE;
    }
    console.line(ReportWriter.compare(folder, others).toString());
    for (Path other : others) {
      Comparison.read(folder, other).lines().forEach(console::line);
    }
    return ExitCode.DONE;
  }
}
