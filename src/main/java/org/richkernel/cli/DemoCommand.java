package org.richkernel.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.richkernel.group.RankGroup;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs {@code bayes} on the digits of test-data. */
@Command(
    name = "demo",
    footer = "  richkernel demo --out demo",
    description =
        "Fits the adaptive kernel to handwritten digits 0 and 1 from test-data/ (looked "
            + "for in the working directory and beside the folder of the jar) and shows the "
            + "command that does so.")
final class DemoCommand implements Callable<Integer> {
  private static final List<String> FIT =
      List.of(
          "--train-size=100",
          "--test-size=400",
          "--hidden-layers=1",
          "--activation=relu",
          "--gamma=1",
          "--beta=10",
          "--samples=1000");

  private final Console console;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "target/demo",
      description = "Folder for the result. Default: ${DEFAULT-VALUE}.")
  private Path out = Path.of("target", "demo");

  @Mixin private SeedOption seed = new SeedOption();

  @Mixin private RunOptions run = new RunOptions();
  @Mixin private CheckpointOptions checkpoints = new CheckpointOptions();

  /** A command that writes to a console. */
  DemoCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    List<String> arguments = new ArrayList<>(TestData.digits());
    arguments.addAll(FIT);
    arguments.add("--seed=" + seed.value());
    arguments.add("--out=" + out);
    arguments.addAll(run.arguments());
    arguments.addAll(checkpoints.arguments());
    if (!run.quiet()) {
      List<String> line = new ArrayList<>(List.of("bayes"));
      line.addAll(arguments);
      console.line(ShellLine.of(line));
    }
    BayesCommand bayes = new BayesCommand(console, RankGroup.alone());
    OptionNames.addTo(new CommandLine(bayes)).parseArgs(arguments.toArray(String[]::new));
    return bayes.call();
  }
}
