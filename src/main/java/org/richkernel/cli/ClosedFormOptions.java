package org.richkernel.cli;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Option;

/** Options of all theories that have no effect in a closed form. */
final class ClosedFormOptions {
  @Option(
      names = "--gamma",
      paramLabel = "G",
      description =
          "Richness, a pure number; accepted so that one --config file serves several commands, "
              + "and taken "
              + "as 0, which is the lazy limit. Default: 0.")
  private @Nullable Double gamma;

  @Option(
      names = "--samples",
      paramLabel = "S",
      defaultValue = "0",
      description =
          "Number of samples; accepted likewise, nothing is sampled. Default: ${DEFAULT-VALUE}.")
  private int samples;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Key of the draws of --random points and of inducing points, an integer; nothing else is"
              + " random. Default:"
              + " ${DEFAULT-VALUE}.")
  private long seed;

  /** The key of the draw of inducing points. */
  long seed() {
    return seed;
  }

  /** Refuses invalid numbers, and reports options without effect. */
  void check(Console console) {
    if (gamma != null && (!(gamma >= 0) || gamma.isInfinite())) {
      throw new InvalidProblemException("gamma", gamma, "use a finite number of at least 0");
    }
    if (samples < 0) {
      throw new InvalidProblemException("samples", samples, "use at least 0");
    }
    if (gamma != null && gamma != 0) {
      console.warn("--gamma has no effect: the kernel at initialisation is that of gamma 0");
    }
  }

  /** Records the richness that the kernel has. */
  void resolve(Map<String, Object> options) {
    options.put("gamma", 0.0);
    options.put("seed", seed);
  }
}
