package org.richkernel.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Option;

/** How and where a command computes, whatever it computes. */
final class RunOptions {
  @Option(
      names = "--backend",
      paramLabel = "NAME",
      defaultValue = "auto",
      description =
          "auto, cpu or cuda. Only auto falls back to the CPU, and says so. Default: "
              + "${DEFAULT-VALUE}.")
  private String backend = "auto";

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Threads to compute with. Default: SLURM_CPUS_PER_TASK where set, otherwise the "
              + "processors of the machine.")
  private @Nullable Integer threads;

  @Option(
      names = "--quiet",
      negatable = true,
      description = "Write nothing but warnings and failures. Default: off.")
  private boolean quiet;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "Read options from a JSON or YAML (.yaml, .yml) file with the same names; the "
              + "command line wins, and --no-NAME switches off what the file switches on. "
              + "Default: none.")
  private @Nullable Path config;

  @Option(
      names = "--debug",
      negatable = true,
      description = "Show the stack trace of a failure. Default: off.")
  private boolean debug;

  /** Whether only warnings and failures are to be written. */
  boolean quiet() {
    return quiet;
  }

  /** Complains about numbers that make no sense. */
  void check() {
    if (threads != null && threads < 1) {
      throw new InvalidProblemException("threads", threads, "use at least 1");
    }
  }

  /** These options again, for a command that this one stands for. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>(List.of("--backend=" + backend));
    if (threads != null) {
      arguments.add("--threads=" + threads);
    }
    if (quiet) {
      arguments.add("--quiet");
    }
    return arguments;
  }

  /** Opens the backend; tells the console where auto falls back. */
  Backend open(Console console) {
    BackendOptions options = BackendOptions.defaults();
    return Backends.open(
        backend,
        threads == null ? options : options.withThreads(threads),
        notice -> {
          if (!quiet) {
            console.line(notice);
          }
        });
  }

  /** Replaces the default number of threads by what it came to. */
  void resolve(Map<String, Object> options) {
    options.put("threads", threads == null ? BackendOptions.defaults().threads() : threads);
  }
}
