package org.richkernel.calibration;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.sampling.ParallelChains;

/** Scalars along the Markov chains of one posterior, each with the value behind the data. */
public final class PosteriorChains {
  private record Scalar(double truth, List<double[]> chains) {}

  private final Map<String, Scalar> scalars = new LinkedHashMap<>();

  /**
   * Adds a scalar.
   *
   * @param truth its value for the network that the data were drawn from
   * @param chains one value per sweep of each chain
   */
  public void add(String name, double truth, List<double[]> chains) {
    scalars.put(name, new Scalar(truth, chains));
  }

  /** Sweeps between two draws that are all but independent: twice the longest correlation time. */
  private int thinning() {
    double longest = 1;
    for (Scalar scalar : scalars.values()) {
      double[][] chains = scalar.chains.toArray(double[][]::new);
      longest = Math.max(longest, new ParallelChains(chains).autocorrelationTime());
    }
    return (int) Math.ceil(2 * longest);
  }

  /** Sweeps that a chain must have for so many draws from all chains together. */
  int sweepsFor(int draws) {
    return (int) Math.ceil((double) draws / chains()) * thinning();
  }

  private int chains() {
    return scalars.values().iterator().next().chains.size();
  }

  /** Shortest chain. */
  int sweeps() {
    return scalars.values().iterator().next().chains.stream()
        .mapToInt(chain -> chain.length)
        .min()
        .orElseThrow();
  }

  /** Ranks the truths among the last draws, thinned; chains must have {@link #sweepsFor} sweeps. */
  void rank(Map<String, Ranks> ranks, int draws) {
    int thinning = thinning();
    scalars.forEach(
        (name, scalar) -> {
          List<Double> thinned = new ArrayList<>();
          for (int t = 0; thinned.size() < draws; t++) {
            double[] chain = scalar.chains.get(t % chains());
            thinned.add(chain[chain.length - 1 - t / chains() * thinning]);
          }
          ranks
              .computeIfAbsent(name, key -> new Ranks(draws))
              .add(scalar.truth, thinned.stream().mapToDouble(Double::doubleValue).toArray());
        });
  }
}
