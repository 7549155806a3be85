package org.richkernel.dynamics;

import java.util.Locale;
import java.util.Optional;
import org.richkernel.network.Convolutions;
import org.richkernel.network.NetworkSites;

/**
 * The work of the causal theory of a convolutional network beside that of training one network,
 * which costs 6 N^2 k n flops a layer and time, n = M s being points times sites, whatever the past
 * is. The theory costs 10 S n r + (4/3) n r^2 flops a layer and time, where r is at most n T.
 */
public final class NetworkComparison {
  /** N of the network to compare with. */
  private static final int WIDTH = 1000;

  private final DynamicsProblem problem;
  private final CausalOptions causal;

  /** A comparison for a problem and the settings that it would be solved with. */
  public NetworkComparison(DynamicsProblem problem, CausalOptions causal) {
    this.problem = problem;
    this.causal = causal;
  }

  /** The most that the theory may cost, in units of one network of width 1000; 0 without sites. */
  double ratio() {
    NetworkSites sites = problem.sites();
    double times = problem.options().steps() + 1.0;
    double theory = 0;
    double network = 0;
    for (int l = 1; l < sites.layers() && problem.network().convolutions().isPresent(); l++) {
      for (int at = l; at <= l + 1; at++) {
        double n = (double) problem.points() * sites.sites(at);
        double r = Math.min(n * times, causal.maxDirections());
        // the whole population and its parts
        theory += times * n * r * (10.0 * problem.options().samples() + 4.0 / 3 * r);
      }
      double above = (double) problem.points() * sites.sites(l + 1);
      network += 6.0 * WIDTH * WIDTH * sites.offsets(l + 1) * above * times;
    }
    return network == 0 ? 0 : theory / network;
  }

  /** The cheaper way in one line; empty where there is none. */
  public Optional<String> advice() {
    double ratio = ratio();
    return ratio <= 1
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "this may take up to %.0f times the work of a network of width %d, which tells the"
                    + " same: %s",
                Math.ceil(ratio),
                WIDTH,
                command(problem.network().convolutions().orElseThrow())));
  }

  /** The command that trains the networks. */
  public static String command(Convolutions layers) {
    return "finite --method gd --convolutions " + layers.text() + " --width " + WIDTH;
  }

  /** How to need less memory, in one line. */
  static String lessMemory(DynamicsProblem problem) {
    return "lower the samples, the points or the number of directions kept"
        + problem
            .network()
            .convolutions()
            .map(layers -> ", or train networks, which keep no past: " + command(layers))
            .orElse("");
  }
}
