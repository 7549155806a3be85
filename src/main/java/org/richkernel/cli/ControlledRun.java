package org.richkernel.cli;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.group.RankGroup;
import org.richkernel.result.CheckpointDirectory;
import org.richkernel.result.DirectoryCheckpoints;
import org.richkernel.result.FolderLock;
import org.richkernel.result.ResultFolder;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopSignal;

/**
 * Frame of a long computation, from the first file it reads to the last one it writes: signals, a
 * memory plan that must fit, a writable folder, checkpoints.
 *
 * <p>While this is open a signal ends nothing by itself. One that comes before the work, or during
 * it, leads to {@link ExitCode#STOPPED}; one that comes after it changes nothing, since a result
 * that is complete is worth its last second.
 */
final class ControlledRun implements AutoCloseable {
  /** Most bytes of matrices of a problem whose steps are timed before it is run. */
  private static final long MOST_TIMED_BYTES = 128L << 20;

  private final long start = System.nanoTime();
  private final Console console;
  private final RunOptions runOptions;
  private final LongRunOptions longRunOptions;
  private final RankGroup ranks;
  private final StopSignal stop = new StopSignal();
  private final StopSignals signals;

  /** Checks the options, and receives signals from here on. */
  ControlledRun(Console console, RunOptions runOptions, LongRunOptions longRunOptions) {
    this(console, runOptions, longRunOptions, RankGroup.alone());
  }

  /**
   * The same for one of several ranks. All do the work; rank 0 alone has a folder and checkpoints.
   */
  ControlledRun(
      Console console, RunOptions runOptions, LongRunOptions longRunOptions, RankGroup ranks) {
    this.ranks = ranks;
    runOptions.check();
    longRunOptions.check();
    this.console = console;
    this.runOptions = runOptions;
    this.longRunOptions = longRunOptions;
    this.signals = new StopSignals(stop, console);
  }

  /**
   * Refuses stages that would not fit into memory; each follows the one before, so the largest of
   * them counts.
   *
   * @param mend advice: the option to lower
   * @return whether the run ends with the plan, as --dry-run requests
   */
  boolean endsWithPlan(List<MemoryPlan> stages, Backend backend, String mend) {
    if (longRunOptions.dryRun()) {
      for (int i = 0; i < stages.size(); i++) {
        if (stages.size() > 1) {
          console.line("stage " + (i + 1) + " of " + stages.size() + ", in memory by itself:");
        }
        console.line(stages.get(i).describe(backend).stripTrailing());
      }
      console.line(MemoryAdvice.line(stages, backend));
    }
    // largest heap first, so that the -Xmx of a refusal suffices for all stages
    stages.stream()
        .sorted(Comparator.comparingLong(MemoryPlan::heapBytes).reversed())
        .forEach(plan -> plan.requireFits(backend, runOptions.lessDeviceMemory(mend), mend));
    return longRunOptions.dryRun();
  }

  /**
   * Times a few steps and prints an estimate of the time of the whole run. A quiet run prints
   * nothing; a large problem is not timed, as its first step may be long.
   *
   * @param stages as for {@link #endsWithPlan}
   * @param work returns empty if it was stopped
   * @return the exit code
   */
  int timeSteps(List<MemoryPlan> stages, Function<RunControl, ? extends Optional<?>> work) {
    return timeSteps(stages, 1, work);
  }

  /**
   * The same for work of several runs; the first one is timed.
   *
   * @param runs their number
   */
  int timeSteps(
      List<MemoryPlan> stages, int runs, Function<RunControl, ? extends Optional<?>> work) {
    boolean large = stages.stream().anyMatch(plan -> plan.matrixBytes() > MOST_TIMED_BYTES);
    if (!runOptions.quiet() && (large || ranks.size() > 1)) {
      console.line("time not measured, as the problem is large; the lines of a run say it");
    } else if (!runOptions.quiet() && !stop.isRaised()) {
      console.line(timed(runs, work));
    }
    return stop.isRaised() ? ExitCode.STOPPED : ExitCode.DONE;
  }

  private String timed(int runs, Function<RunControl, ? extends Optional<?>> work) {
    StopSignal enough = new StopSignal();
    TimedSteps steps = new TimedSteps(System::nanoTime, enough);
    Progress.Listener listener =
        progress -> {
          steps.progress(progress);
          if (stop.isRaised()) {
            enough.raise();
          }
        };
    RunControl control = new RunControl(listener, enough, CheckpointStore.none());
    return steps.line(work.apply(control).isPresent(), runs);
  }

  /**
   * Does the work and all later steps, and returns the exit code. Problems of the folder are found
   * before the work.
   *
   * @param options that determine the numbers; a checkpoint must match them
   * @param work returns empty if a stop was requested
   * @param save saves the result, and returns its report, which returns the exit code; the report
   *     should keep no references to large arrays
   */
  <T> int compute(
      Map<String, Object> options,
      Function<RunControl, Optional<T>> work,
      Function<T, IntSupplier> save) {
    int code = ExitCode.DONE;
    if (ranks.rank() == 0) {
      code = computeInFolder(options, work, save);
    } else {
      RunControl control =
          new RunControl(Progress.Listener.silent(), stop, CheckpointStore.none()).among(ranks);
      code = work.apply(control).isPresent() ? ExitCode.DONE : ExitCode.STOPPED;
    }
    // all wait until the result is saved, and end as rank 0 does
    return ranks.fromFirst(new byte[] {(byte) code})[0];
  }

  private <T> int computeInFolder(
      Map<String, Object> options,
      Function<RunControl, Optional<T>> work,
      Function<T, IntSupplier> save) {
    Path out = longRunOptions.out();
    ResultFolder.prepare(out);
    Optional<FolderLock> lock = FolderLock.of(out);
    if (lock.isEmpty()) {
      console.warn(out + " cannot be locked; let no other run write to it");
    }
    try {
      return compute(new CheckpointDirectory(out, options), work, save);
    } finally {
      lock.ifPresent(FolderLock::close);
    }
  }

  private <T> int compute(
      CheckpointDirectory directory,
      Function<RunControl, Optional<T>> work,
      Function<T, IntSupplier> save) {
    if (!longRunOptions.resume()) {
      directory
          .setAside()
          .ifPresent(kept -> console.warn("the checkpoint of an earlier run is kept in " + kept));
    }
    // among several ranks the work itself asks all of them
    boolean early = ranks.size() == 1 && stop.isRaised();
    Optional<IntSupplier> report = early ? Optional.empty() : saved(work, save, directory);
    if (report.isEmpty()) {
      console.warn("stopped; resume with the same command and --resume");
      return ExitCode.STOPPED;
    }
    int code = report.get().getAsInt();
    directory.clear();
    return code;
  }

  /** A method of its own: when it has returned, nothing refers to the result of the work. */
  private <T> Optional<IntSupplier> saved(
      Function<RunControl, Optional<T>> work,
      Function<T, IntSupplier> save,
      CheckpointDirectory directory) {
    return underControl(work, directory).map(save);
  }

  private <T> Optional<T> underControl(
      Function<RunControl, Optional<T>> work, CheckpointDirectory directory) {
    DirectoryCheckpoints checkpoints =
        new DirectoryCheckpoints(
            directory, longRunOptions.resume(), longRunOptions.checkpointSeconds(), console::warn);
    try (ProgressDisplay display = ProgressDisplay.of(console, runOptions.quiet())) {
      return work.apply(
          new RunControl(limited(display, checkpoints), stop, checkpoints).among(ranks));
    }
  }

  private Progress.Listener limited(Progress.Listener display, DirectoryCheckpoints checkpoints) {
    if (longRunOptions.timeLimit().isEmpty()) {
      return display;
    }
    TimeLimit limit =
        new TimeLimit(
            longRunOptions.timeLimit().get(),
            System::nanoTime,
            start,
            stop,
            console,
            checkpoints::seconds);
    return progress -> {
      display.progress(progress);
      limit.progress(progress);
    };
  }

  /** Restores the earlier signal handlers. */
  @Override
  public void close() {
    signals.close();
  }
}
