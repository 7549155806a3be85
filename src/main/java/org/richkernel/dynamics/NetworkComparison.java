package org.richkernel.dynamics;

import java.util.Locale;
import java.util.Optional;
import org.richkernel.network.Convolutions;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSites;
import org.richkernel.network.SiteMap;

/**
 * Cost of the causal theory of a convolutional network relative to that of training one finite
 * network, which takes 6 N^2 k n flops per layer and time, n = M s being points times sites. The
 * theory costs for each field, time and population of S samples
 *
 * <pre>  S (10 n r + 4 n' r') + 6 n' r'^2 + 12 k r n' r'</pre>
 *
 * flops: for the directions of the field with the draws and responses in them, for the damping of
 * responses, and for the directions of the k r rows of patches (none if sites read themselves
 * alone). Here n' and r' are the fields and directions at the other end of the weights. If the past
 * is not smooth r grows by up to n at each time, up to S and the largest number of directions.
 */
public final class NetworkComparison {
  /** N of the network to compare with. */
  private static final int WIDTH = 1000;

  /** Largest accepted cost in units of one network, if the past is not smooth. */
  private static final double MOST = 30;

  private final DynamicsProblem problem;
  private final CausalOptions causal;

  /** A comparison for a problem and the settings of its solver. */
  public NetworkComparison(DynamicsProblem problem, CausalOptions causal) {
    this.problem = problem;
    this.causal = causal;
  }

  /**
   * Largest possible cost of the theory, in units of one network of width 1000; 0 without sites.
   */
  double ratio() {
    if (problem.network().convolutions().isEmpty()) {
      return 0;
    }
    NetworkSites sites = problem.sites();
    int points = problem.points();
    int driving = problem.batches().size();
    double theory = 0;
    double network = 0;
    for (int l = 1; l < sites.layers(); l++) {
      SiteMap map = sites.map(l + 1);
      int below = sites.sites(l);
      int above = sites.sites(l + 1);
      boolean all = CausalPlan.allLeavePast(sites);
      theory += field(map, below, above, all ? points : driving);
      theory += field(map, above, below, driving);
      network += 6.0 * WIDTH * WIDTH * sites.offsets(l + 1) * points * above * times();
    }
    return network == 0 ? 0 : theory / network;
  }

  private int times() {
    return problem.options().steps() + 1;
  }

  /** Flops for one field, in the whole population and in its parts. */
  private double field(SiteMap map, int sites, int others, int leaving) {
    int samples = problem.options().samples();
    int parts = causal.populations();
    return field(map, sites, others, leaving, samples)
        + parts * field(map, sites, others, leaving, samples / parts);
  }

  private double field(SiteMap map, double sites, double others, double leaving, double samples) {
    boolean pointwise = PatchMap.isPointwise(map);
    double n = problem.points() * sites;
    double own = problem.points() * others;
    double sum = 0;
    for (int t = 1; t <= times(); t++) {
      double r = Math.min(Math.min(leaving * sites * t, samples), causal.maxDirections());
      double patches = map.offsets() * r;
      double ownR =
          pointwise ? r : Math.min(Math.min(leaving * others * t, patches), causal.maxDirections());
      sum += samples * (10 * n * r + 4 * own * ownR) + 6 * own * ownR * ownR;
      sum += pointwise ? 0 : 12 * patches * own * ownR;
    }
    return sum;
  }

  /**
   * Refuses a theory at far higher cost than a network with the same result. The past of rectified
   * fields has kinks, so it spans the largest possible number of directions; other fields need far
   * fewer.
   *
   * @throws InvalidProblemException if there is such a network
   */
  void requireWorth() {
    double ratio = problem.network().activation().hasKink() ? ratio() : 0;
    if (ratio > MOST) {
      Convolutions layers = problem.network().convolutions().orElseThrow();
      throw new InvalidProblemException(
          "convolutions",
          layers.text(),
          String.format(
              Locale.ROOT,
              "with %s their past is not smooth, and the theory takes about %.0f times the work of"
                  + " a network of width %d, which tells the same: use %s, or fewer points, sites,"
                  + " --steps or --samples",
              problem.network().activation().id(),
              ratio,
              WIDTH,
              command(layers)));
    }
  }

  /** Advice in one line to train networks instead; empty if they do not cost less. */
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

  /** Advice to need less memory, in one line. */
  static String lessMemory(DynamicsProblem problem) {
    return "lower the samples, the points or the number of directions kept"
        + problem
            .network()
            .convolutions()
            .map(layers -> ", or train networks, which keep no past: " + command(layers))
            .orElse("");
  }
}
