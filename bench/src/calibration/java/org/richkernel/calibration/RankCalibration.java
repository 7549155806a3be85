package org.richkernel.calibration;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.richkernel.compute.Backend;

/**
 * Simulation-based calibration of a sampler: networks from the prior, data from each of them, and
 * the rank of the network's own numbers among draws of the posterior given its data.
 */
public final class RankCalibration {
  /** Draws of each posterior, so that ranks fall into 20 bins of two. */
  private static final int DRAWS = 39;

  private static final int BINS = 20;

  /** Sweeps that no sensible posterior needs. */
  private static final int MOST_SWEEPS = 20_000;

  /** A sampler of the posterior of a network of finite width. */
  public interface Sampler {
    /**
     * Draws.
     *
     * @param sweeps of each chain after burn-in
     */
    PosteriorChains draw(Backend backend, SimulatedData data, long seed, int sweeps);
  }

  private final Sampler sampler;
  private final int firstSweeps;
  private final Map<String, Ranks> ranks = new LinkedHashMap<>();

  /**
   * @param firstSweeps sweeps of a chain; chains that are too short for independent draws are run
   *     again, longer
   */
  public RankCalibration(Sampler sampler, int firstSweeps) {
    this.sampler = sampler;
    this.firstSweeps = firstSweeps;
  }

  /**
   * Adds data sets of a law.
   *
   * @param noiseFactor on the variance of the data's noise, which the sampler does not know of
   */
  public void run(
      Backend backend, SimulatedData.Law law, int first, int count, double noiseFactor) {
    for (int d = first; d < first + count; d++) {
      SimulatedData data = new SimulatedData(law, d, noiseFactor);
      int sweeps = firstSweeps;
      PosteriorChains chains = sampler.draw(backend, data, d, sweeps);
      while (chains.sweeps() < chains.sweepsFor(DRAWS)) {
        sweeps = Math.max(2 * sweeps, chains.sweepsFor(DRAWS));
        if (sweeps > MOST_SWEEPS) {
          throw new IllegalStateException(law.name() + ", data set " + d + ": chains do not mix");
        }
        chains = sampler.draw(backend, data, d, sweeps);
      }
      chains.rank(ranks, DRAWS);
    }
  }

  /** Ranks of each number by name. */
  public Map<String, Ranks> ranks() {
    return ranks;
  }

  /** The least probable of all numbers' {@link Ranks#band}. */
  public double worstBand() {
    return ranks.values().stream().mapToDouble(Ranks::band).min().orElseThrow();
  }

  /** A row of a Markdown table for each number: mean rank, band, chi-square. */
  public String rows(String name) {
    StringBuilder text = new StringBuilder();
    ranks.forEach(
        (number, found) ->
            text.append(
                String.format(
                    Locale.ROOT,
                    "| %s | %s | %d | %.3f | %.3f | %.3f |%n",
                    name,
                    number,
                    found.size(),
                    found.mean(),
                    found.band(),
                    found.chiSquare(BINS))));
    return text.toString();
  }
}
