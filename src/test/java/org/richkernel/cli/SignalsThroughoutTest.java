package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.richkernel.LazyRegression;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.fit.LazyFit;
import org.richkernel.network.NetworkSpec;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.CheckpointDirectory;
import org.richkernel.result.LayerSummary;
import org.richkernel.solver.RunControl;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import sun.misc.Signal;

/**
 * A signal that finds a run beside the steps of its fit: before it, in a closed form, and after it.
 */
@SuppressWarnings("sunapi")
@Timeout(60)
class SignalsThroughoutTest {
  @TempDir Path folder;

  private final StringWriter err = new StringWriter();
  private final Console console =
      new Console(new PrintWriter(new StringWriter()), new PrintWriter(err), false);
  private Options options = new Options();

  @Command(name = "run")
  static final class Options {
    @Mixin private DataOptions data = new DataOptions();
    @Mixin private RunOptions run = new RunOptions();
    @Mixin private LongRunOptions longRun = new LongRunOptions();
  }

  /** A fit that raises a signal at a moment of the run. */
  private class Interrupted implements FitRun.Theory<LazyFit> {
    private final LazyRegression regression = LazyRegression.of(NetworkSpec.of(1, Activation.RELU));
    private final String signal;
    private final String moment;
    private boolean fitted;

    Interrupted(String signal, String moment) {
      this.signal = signal;
      this.moment = moment;
    }

    private void raise(String now) {
      if (now.equals(moment)) {
        Signal.raise(new Signal(signal));
        while (!err.toString().contains("SIG" + signal)) {
          LockSupport.parkNanos(1_000_000);
          if (Thread.interrupted()) {
            throw new IllegalStateException("no SIG" + signal + " came");
          }
        }
      }
    }

    @Override
    public List<MemoryPlan> plans(Datasets data, Backend backend) {
      raise("planning");
      return List.of(regression.plan(data, backend));
    }

    @Override
    public Optional<LazyFit> fit(Datasets data, Backend backend, RunControl control) {
      raise("fitting");
      fitted = true;
      Optional<LazyFit> fit = new LazyCommand.Lazy(regression).fit(data, backend, control);
      raise("ready");
      return fit;
    }

    @Override
    public List<LayerSummary> lazyLayers(LazyFit fit) {
      raise("finishing");
      return List.of();
    }
  }

  @BeforeEach
  void parse() {
    options = new Options();
  }

  private int run(Interrupted theory, String... more) {
    List<String> arguments = Program.digits("run", 10, 10, more);
    arguments.add("--out=" + folder);
    CommandLine commandLine = OptionNames.addTo(new CommandLine(options));
    commandLine.parseArgs(arguments.subList(1, arguments.size()).toArray(String[]::new));
    return new FitRun<LazyFit>(
            console, commandLine.getCommandSpec(), options.data, options.run, options.longRun)
        .run(theory, Map.of());
  }

  static List<String> signals() throws IOException {
    return Interrupts.received();
  }

  @ParameterizedTest
  @MethodSource("signals")
  void beforeTheWorkItStopsTheRunAsOneDuringTheWorkDoes(String signal) {
    CheckpointDirectory old = new CheckpointDirectory(folder, Map.of("gamma", 7));
    old.save(1, Map.of(), ArrayBundle.empty().with("a", new double[] {1}, 1));
    Interrupted theory = new Interrupted(signal, "planning");

    assertThat(run(theory)).isEqualTo(ExitCode.STOPPED);

    assertThat(theory.fitted).isFalse();
    assertThat(err.toString()).contains("the same command and --resume");
    assertThat(folder.resolve("summary.json")).doesNotExist();
    // what the same command with --resume would stumble over is gone
    assertThat(old.path()).doesNotExist();
    assertThat(run(new Interrupted(signal, "never"), "--resume")).isEqualTo(ExitCode.DONE);
  }

  @Test
  void withResumeTheCheckpointIsStillThere() {
    CheckpointDirectory old = new CheckpointDirectory(folder, Map.of("gamma", 7));
    old.save(1, Map.of(), ArrayBundle.empty().with("a", new double[] {1}, 1));

    assertThat(run(new Interrupted("TERM", "planning"), "--resume")).isEqualTo(ExitCode.STOPPED);

    assertThat(old.latest()).isPresent();
  }

  @Test
  void aClosedFormThatHasBegunStopsAndStartsOver() {
    assertThat(run(new Interrupted("TERM", "fitting"))).isEqualTo(ExitCode.STOPPED);

    assertThat(folder.resolve("summary.json")).doesNotExist();
    assertThat(run(new Interrupted("TERM", "never"), "--resume")).isEqualTo(ExitCode.DONE);
  }

  @Test
  void aClosedFormThatIsReadyIsNotThrownAway() {
    assertThat(run(new Interrupted("TERM", "ready"))).isEqualTo(ExitCode.DONE);

    assertThat(folder.resolve("summary.json")).isNotEmptyFile();
  }

  @Test
  void whileTheResultIsSavedItChangesNothing() {
    assertThat(run(new Interrupted("TERM", "finishing"))).isEqualTo(ExitCode.DONE);

    assertThat(folder.resolve("report.html")).isNotEmptyFile();
  }
}
