package org.richkernel.cli;

import java.util.concurrent.Callable;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.BackendProvider;
import org.richkernel.compute.Backends;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Lists the backends. */
@Command(
    name = "devices",
    footer = "  richkernel devices",
    description = "Lists the backends, most preferred first, and says why one is not usable.")
final class DevicesCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private CudaLibrariesOption cudaLibraries = new CudaLibrariesOption();

  @Mixin private DebugOption debug = new DebugOption();

  /** A command that writes to a console. */
  DevicesCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    BackendOptions options = cudaLibraries.applyTo(BackendOptions.defaults());
    for (BackendProvider provider : Backends.providers()) {
      BackendProvider.Probe probe = provider.probe(options);
      console.line(
          provider.name() + ": " + (probe.usable() ? "usable, " + probe.device() : "not usable"));
      probe.report().forEach(line -> console.line("  " + line));
    }
    return ExitCode.DONE;
  }
}
