package org.richkernel.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.richkernel.report.ReportWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Draws a saved result again. */
@Command(name = "report", description = "Draws report.html of a saved result again.")
final class ReportCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "DIR", description = "The --out folder of a finished run.")
  private Path folder = Path.of("");

  /** A command that writes to a console. */
  ReportCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    console.line(ReportWriter.write(folder).toString());
    return ExitCode.DONE;
  }
}
