package org.richkernel.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A file of options, which the program reads before it parses the command line again. */
@HelpGroup(HelpGroup.PROGRAM)
final class ConfigOption {
  /** Its name among the arguments. */
  static final String NAME = "--config";

  @SuppressWarnings("UnusedVariable")
  @Option(
      names = NAME,
      paramLabel = "FILE",
      description =
          "Read options from a JSON or YAML (.yaml, .yml) file with the same names, or from the"
              + " summary.json of a result; the command line wins, and --no-NAME switches off what"
              + " the file switches on. Default: none.")
  private @Nullable Path config;
}
