package org.richkernel.cli;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.fit.Fit;
import org.richkernel.group.RankGroup;
import org.richkernel.report.ReportWriter;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.ResultFolder;
import org.richkernel.solver.RunControl;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The course of every command that fits: read, plan, fit, save, report. All refusals come before
 * the fit.
 */
final class FitRun<F extends Fit> {
  /** The fitted object. */
  interface Theory<F extends Fit> {
    /** Options that are not set, with values from the data; called once, before the plans. */
    default Map<String, Object> resolve(Datasets data, Backend backend) {
      return Map.of();
    }

    /** Peak memory of the fit, one plan for each of its stages. */
    List<MemoryPlan> plans(Datasets data, Backend backend);

    /** The fit, empty if a stop was requested. */
    Optional<F> fit(Datasets data, Backend backend, RunControl control);

    /** Layers of the kernel at initialisation, to be compared with those of the fit. */
    List<LayerSummary> lazyLayers(F fit);

    /** How the machine will be used, where that is not plain, a line each. */
    default List<String> notes(Datasets data, Backend backend) {
      return List.of();
    }

    /** Notes before a long run, a line each. */
    default List<String> cautions(Datasets data, Backend backend) {
      return List.of();
    }

    /** Further notes on the result, a line each. */
    default List<String> warnings(F fit) {
      return List.of();
    }

    /** Advice if the memory does not suffice. */
    default String lessMemory() {
      return "lower --train-size, --test-size or --samples";
    }

    /** Reason and advice for a fit that did not converge. */
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
  private RankGroup ranks = RankGroup.alone();
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

  /** Records no value for options that do not apply to the run. */
  FitRun<F> without(Set<String> names) {
    foreign.addAll(names);
    return this;
  }

  /** Fits together with other processes, which run the same. */
  FitRun<F> among(RankGroup group) {
    ranks = group;
    return this;
  }

  /**
   * Runs to the exit code.
   *
   * @param resolved option values that replace those of the command, by name
   */
  int run(Theory<F> theory, Map<String, Object> resolved) {
    try (ControlledRun course = new ControlledRun(console, runOptions, longRunOptions, ranks)) {
      long start = System.nanoTime();
      Datasets data = dataOptions.reader().read();
      readSeconds = (System.nanoTime() - start) * 1e-9;
      runOptions.announce(data.reading(), console);
      Map<String, @Nullable Object> options = OptionRecord.of(command);
      options.replaceAll((name, value) -> foreign.contains(name) ? null : value);
      options.putAll(resolved);
      dataOptions.resolve(options, data);
      runOptions.resolve(options);
      try (Backend backend = runOptions.open(console, ranks)) {
        options.putAll(theory.resolve(data, backend));
        if (!runOptions.quiet()) {
          theory.notes(data, backend).forEach(console::line);
        }
        List<MemoryPlan> plans = theory.plans(data, backend);
        plans.forEach(plan -> plan.addHost(data.inputBytes()));
        if (course.endsWithPlan(plans, backend, theory.lessMemory())) {
          return course.timeSteps(plans, control -> theory.fit(data, backend, control));
        }
        theory.cautions(data, backend).forEach(console::warn);
        Map<String, Object> same = OptionRecord.fingerprint(options, data, backend.info().name());
        requireAgreement(same, backend);
        return course.compute(
            same, control -> theory.fit(data, backend, control), fit -> save(fit, theory, options));
      }
    }
  }

  private void requireAgreement(Map<String, Object> own, Backend backend) {
    if (ranks.size() > 1) {
      RankAgreement agreement = new RankAgreement(ranks);
      agreement.require(own);
      List<String> doubts = agreement.doubts(backend.info());
      if (ranks.rank() == 0) {
        doubts.forEach(console::warn);
      }
    }
  }

  private IntSupplier save(F fit, Theory<F> theory, Map<String, @Nullable Object> options) {
    fit.save(longRunOptions.out(), options, readSeconds);
    List<LayerSummary> lazyLayers = theory.lazyLayers(fit);
    List<String> warnings = theory.warnings(fit);
    Optional<String> shortfall =
        fit.converged() ? Optional.empty() : Optional.of(theory.shortfall(fit));
    return () -> report(lazyLayers, warnings, shortfall);
  }

  private int report(
      List<LayerSummary> lazyLayers, List<String> warnings, Optional<String> shortfall) {
    Path out = longRunOptions.out();
    Path report = ReportWriter.write(out);
    if (!runOptions.quiet()) {
      console.line(
          ResultTable.of(ResultFolder.readSummary(out), lazyLayers, report).stripTrailing());
    }
    warnings.forEach(console::warn);
    if (shortfall.isPresent()) {
      console.warn(
          "NOT converged: the result in " + out + " is the last iterate; " + shortfall.get());
      return ExitCode.NOT_CONVERGED;
    }
    return ExitCode.DONE;
  }
}
