package org.richkernel.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.report.ReportWriter;
import org.richkernel.report.plot.Numbers;
import org.richkernel.result.FolderClaim;
import org.richkernel.result.MergedRuns;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.Score;
import org.richkernel.result.Summary;
import org.richkernel.result.TrainedLoss;
import org.richkernel.solver.StopSignal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs another command over a grid of its options, and merges the results. */
@Command(
    name = "sweep",
    footer = {
      "  richkernel sweep --over gamma=0.3,1,3 --out sweep \\",
      "    bayes --train-x x.npy --train-y y.npy"
    },
    description =
        "A grid over options of another command, a folder for each run: richkernel sweep --over"
            + " gamma=0.3,1,3 --over seed=0..4 --out sweep bayes --train-x ... Finished runs are"
            + " not run again and stopped ones go on, so the same command carries on after anything;"
            + " values may be added. The results are merged into sweep.csv, summary.json and a"
            + " report with means and errors over the seeds.")
final class SweepCommand implements Callable<Integer> {
  private static final String RUNS = "runs";

  private final Console console;

  @Option(
      names = "--over",
      paramLabel = "NAME=VALUES",
      description =
          "An option with its values; once for each option. V1,V2,... a list; A..B whole numbers;"
              + " A:B:N from A to B in N equal steps; A:B:N:log in equal factors; semicolons"
              + " separate values that hold commas.")
  private List<String> over = new ArrayList<>();

  @Option(
      names = "--index",
      paramLabel = "I",
      description =
          "Run one of the grid only, counted from 0, such as $SLURM_ARRAY_TASK_ID; the last to"
              + " finish merges. Default: all in turn.")
  private @Nullable Integer index;

  @Option(
      names = "--devices",
      paramLabel = "N[,N...]",
      description =
          "CUDA devices of the runs, where these depend on the machine and not on the sweep. Default:"
              + " those of the command.")
  private @Nullable String devices;

  @Option(
      names = "--list",
      description = "Print the runs with their indices, and run nothing. Default: off.")
  private boolean list;

  @Option(names = "--merge", description = "Merge what is finished, and run nothing. Default: off.")
  private boolean merge;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "richkernel-sweep",
      description = "Folder of the sweep, with a folder for each run. Default: ${DEFAULT-VALUE}.")
  private Path out = Path.of("richkernel-sweep");

  @Option(
      names = "--quiet",
      negatable = true,
      description = "Write nothing but warnings and failures. Default: off.")
  private boolean quiet;

  /** Read by the program, which looks at the arguments themselves. */
  @SuppressWarnings("UnusedVariable")
  @Mixin
  private DebugOption debug = new DebugOption();

  @Parameters(
      paramLabel = "COMMAND",
      arity = "0..*",
      description =
          "The command to run and its options, without --out and --resume; with --dry-run the"
              + " memory that each run would take.")
  private List<String> arguments = new ArrayList<>();

  /** A command that writes to a console. */
  SweepCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    long start = System.nanoTime();
    SweptCommand command = SweptCommand.of(console, arguments).on(devices);
    if (over.isEmpty() && command.given("over")) {
      throw new InvalidProblemException(
          "over",
          "behind " + command.name(),
          "let options of sweep stand before the name of the command");
    }
    SweepGrid grid = SweepGrid.parse(over);
    if (index != null && (index < 0 || index >= grid.size())) {
      throw new InvalidProblemException(
          "index", index, "the grid has " + grid.size() + " runs; use 0 to " + (grid.size() - 1));
    }
    for (int i = 0; i < grid.size(); i++) {
      command.check(grid.values(i));
    }
    if (list) {
      for (int i = 0; i < grid.size(); i++) {
        console.line(i + "  " + words(grid.values(i)));
      }
      return ExitCode.DONE;
    }
    if (command.given("dry-run")) {
      return plan(grid, command);
    }
    ResultFolder.prepare(out);
    FolderClaim.SWEEP.take(out, arguments);
    int code = merge ? ExitCode.DONE : run(grid, command);
    if (code != ExitCode.DONE && code != ExitCode.NOT_CONVERGED) {
      return code;
    }
    MergedRuns merged = merged(grid, command);
    boolean whole = merged.runs().size() == grid.size();
    if (whole || merge) {
      finish(merged, grid, command, (System.nanoTime() - start) * 1e-9);
    }
    return index != null || merged.converged() ? code : ExitCode.NOT_CONVERGED;
  }

  /** Plans of all runs, those that do not fit into memory among them. */
  private int plan(SweepGrid grid, SweptCommand command) {
    int code = ExitCode.DONE;
    for (int i = 0; i < grid.size(); i++) {
      console.line(i + "  " + words(grid.values(i)));
      int one = command.run(grid.values(i), folder(grid.values(i)));
      if (one != ExitCode.DONE && one != ExitCode.NO_BACKEND) {
        return one;
      }
      code = Math.max(code, one);
    }
    return code;
  }

  /** Number of runs. */
  int size() {
    return SweepGrid.parse(over).size();
  }

  private static String words(Map<String, String> values) {
    List<String> words = new ArrayList<>();
    values.forEach((name, value) -> words.add(name + "=" + value));
    return String.join(" ", words);
  }

  private Path folder(Map<String, String> values) {
    return out.resolve(RUNS).resolve(SweepGrid.folder(values));
  }

  private static boolean isFinished(Path folder) {
    return Files.isRegularFile(folder.resolve(ResultFolder.SUMMARY));
  }

  /** Does the missing runs; stops at the first run that fails, or at a signal. */
  @SuppressWarnings("try") // the signals are held while it is open
  private int run(SweepGrid grid, SweptCommand command) {
    int code = ExitCode.DONE;
    StopSignal stop = new StopSignal();
    try (StopSignals signals = new StopSignals(stop, console)) {
      for (int i = 0; i < grid.size(); i++) {
        if (index != null && index != i) {
          continue;
        }
        Map<String, String> values = grid.values(i);
        Path folder = folder(values);
        boolean before = isFinished(folder);
        int one = before ? ExitCode.DONE : command.run(values, folder);
        if (one != ExitCode.DONE && one != ExitCode.NOT_CONVERGED) {
          console.warn("run " + i + " (" + words(values) + ") ended with exit code " + one);
          return one;
        }
        Summary summary = ResultFolder.readSummary(folder);
        if (!quiet) {
          console.line(line(i, grid.size(), values, summary, before));
        }
        code = summary.converged() ? code : ExitCode.NOT_CONVERGED;
        if (stop.isRaised() && i + 1 < grid.size()) {
          console.warn("stopped between two runs; the same command goes on");
          return ExitCode.STOPPED;
        }
      }
    }
    return code;
  }

  private static String line(
      int i, int size, Map<String, String> values, Summary summary, boolean before) {
    StringBuilder line = new StringBuilder(String.format("%d/%d  %s", i + 1, size, words(values)));
    TrainedLoss trained = TrainedLoss.of(summary);
    trained
        .test()
        .ifPresent(
            score -> line.append("  test ").append(trained.name()).append(' ').append(loss(score)));
    Optional.ofNullable(summary.lazy().get("test"))
        .ifPresent(score -> line.append("  lazy ").append(loss(score)));
    if (!summary.converged()) {
      line.append("  NOT converged");
    }
    return line.append(before ? "  (was there)" : "").toString();
  }

  private static String loss(Score score) {
    return score.loss().isEmpty()
        ? "none"
        : Numbers.ascii(
            Numbers.withError(
                score.loss().getAsDouble(), score.lossStandardError().orElse(Double.NaN)));
  }

  private MergedRuns merged(SweepGrid grid, SweptCommand command) {
    List<MergedRuns.Run> runs = new ArrayList<>();
    for (int i = 0; i < grid.size(); i++) {
      Map<String, String> values = grid.values(i);
      Path folder = folder(values);
      if (isFinished(folder)) {
        runs.add(
            new MergedRuns.Run(
                i, out.relativize(folder).toString(), values, ResultFolder.readSummary(folder)));
      }
    }
    List<String> names = grid.axes().stream().map(SweepAxis::option).toList();
    return new MergedRuns(command.name(), names, grid.size(), runs);
  }

  private void finish(MergedRuns merged, SweepGrid grid, SweptCommand command, double seconds) {
    if (!merged.changedFiles().isEmpty()) {
      console.warn(
          "not all runs read the same data: --" + String.join(", --", merged.changedFiles()));
    }
    if (merged.seedChangesNothing()) {
      console.warn(
          "the seed changes nothing: runs that differ in it alone are the same, so there are no"
              + " errors over seeds; one seed is enough");
    }
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("command", command.name());
    config.put("arguments", arguments);
    config.put("over", over);
    merged.save(out, config, seconds);
    Path report = ReportWriter.write(out);
    if (!quiet) {
      console.line(String.format("%-18s%d of %d", "runs", merged.runs().size(), grid.size()));
      console.line(String.format("%-18s%s", "table", out.resolve(MergedRuns.TABLE)));
      console.line(String.format("%-18s%s", "report", report));
    }
  }
}
