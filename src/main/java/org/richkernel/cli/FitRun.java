package org.richkernel.cli;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.richkernel.Fit;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.report.ReportWriter;
import org.richkernel.result.CheckpointDirectory;
import org.richkernel.result.DirectoryCheckpoints;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.ResultFolder;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopSignal;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The course of every command that fits: read, plan, prepare the folder, fit under signals and
 * checkpoints, save, report. Whatever can be refused is refused before the fit.
 */
final class FitRun<F extends Fit> {
  /** What is fitted. */
  interface Theory<F extends Fit> {
    /** Options that were left open, as the data decide them; asked for once, before the plans. */
    default Map<String, Object> resolve(Datasets data, Backend backend) {
      return Map.of();
    }

    /** What the fit will hold in memory, one plan for each of its stages. */
    List<MemoryPlan> plans(Datasets data, Backend backend);

    /** The fit, empty if a stop was asked for. */
    Optional<F> fit(Datasets data, Backend backend, RunControl control);

    /** Layers of the kernel at initialisation, to be compared with those of the fit. */
    List<LayerSummary> lazyLayers(F fit);

    /** What else a reader of the result must know, a line each. */
    default List<String> warnings(F fit) {
      return List.of();
    }

    /** What to lower where the memory would not suffice. */
    default String lessMemory() {
      return "lower --train-size, --test-size or --samples";
    }

    /** Why a fit that did not converge did not, and what would mend it. */
    default String shortfall(F fit) {
      return "raise --max-sweeps or --samples, or the --tolerance";
    }
  }

  private final Console console;
  private final CommandSpec command;
  private final DataOptions dataOptions;
  private final RunOptions runOptions;
  private final LongRunOptions longRunOptions;
  private final Set<String> foreign = new LinkedHashSet<>();
  private double readSeconds;

  /** A run with the options of a command. */
  FitRun(
      Console console,
      CommandSpec command,
      DataOptions dataOptions,
      RunOptions runOptions,
      LongRunOptions longRunOptions) {
    this.console = console;
    this.command = command;
    this.dataOptions = dataOptions;
    this.runOptions = runOptions;
    this.longRunOptions = longRunOptions;
  }

  /** Leaves options out of the record that do not belong to what is run. */
  FitRun<F> without(Set<String> names) {
    foreign.addAll(names);
    return this;
  }

  /**
   * Runs to the exit code.
   *
   * @param resolved option values that replace those of the command, by name
   */
  int run(Theory<F> theory, Map<String, Object> resolved) {
    runOptions.check();
    longRunOptions.check();
    long start = System.nanoTime();
    Datasets data = dataOptions.reader().read();
    readSeconds = (System.nanoTime() - start) * 1e-9;
    Map<String, Object> options = OptionRecord.of(command);
    options.keySet().removeAll(foreign);
    options.putAll(resolved);
    dataOptions.resolve(options, data);
    runOptions.resolve(options);
    options.values().removeIf(Objects::isNull);
    try (Backend backend = runOptions.open(console)) {
      options.putAll(theory.resolve(data, backend));
      List<MemoryPlan> plans = theory.plans(data, backend);
      if (longRunOptions.dryRun()) {
        printed(plans);
      }
      plans.forEach(plan -> plan.requireFits(backend, theory.lessMemory()));
      return longRunOptions.dryRun() ? ExitCode.DONE : fit(theory, data, backend, options);
    }
  }

  /** Stages follow each other, so the largest of them counts. */
  private void printed(List<MemoryPlan> plans) {
    for (int i = 0; i < plans.size(); i++) {
      if (plans.size() > 1) {
        console.line("stage " + (i + 1) + " of " + plans.size() + ", in memory by itself:");
      }
      console.line(plans.get(i).describe().stripTrailing());
    }
  }

  private int fit(Theory<F> theory, Datasets data, Backend backend, Map<String, Object> options) {
    Path out = longRunOptions.out();
    ResultFolder.prepare(out);
    CheckpointDirectory directory =
        new CheckpointDirectory(
            out, OptionRecord.fingerprint(options, data, backend.info().name()));
    if (!longRunOptions.resume()) {
      directory.clear();
    }
    StopSignal stop = new StopSignal();
    Optional<F> fit;
    try (StopSignals signals = new StopSignals(stop, console)) {
      fit = underControl(theory, data, backend, stop, directory);
    }
    if (fit.isEmpty()) {
      console.warn("stopped; resume with the same command and --resume");
      return ExitCode.STOPPED;
    }
    return finish(fit.get(), theory, options, directory);
  }

  private Optional<F> underControl(
      Theory<F> theory,
      Datasets data,
      Backend backend,
      StopSignal stop,
      CheckpointDirectory directory) {
    DirectoryCheckpoints checkpoints =
        new DirectoryCheckpoints(
            directory, longRunOptions.resume(), longRunOptions.checkpointSeconds());
    try (ProgressDisplay display = ProgressDisplay.of(console, runOptions.quiet())) {
      return theory.fit(data, backend, new RunControl(display, stop, checkpoints));
    }
  }

  private int finish(
      F fit, Theory<F> theory, Map<String, Object> options, CheckpointDirectory directory) {
    Path out = longRunOptions.out();
    fit.save(out, options, readSeconds);
    Path report = ReportWriter.write(out);
    directory.clear();
    if (!runOptions.quiet()) {
      console.line(
          ResultTable.of(ResultFolder.readSummary(out), theory.lazyLayers(fit), report)
              .stripTrailing());
    }
    theory.warnings(fit).forEach(console::warn);
    if (!fit.converged()) {
      console.warn(
          "NOT converged: the result in " + out + " is the last iterate; " + theory.shortfall(fit));
      return ExitCode.NOT_CONVERGED;
    }
    return ExitCode.DONE;
  }
}
