package org.richkernel.sampling;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Whether Markov chains have run long enough for their averages to have the errors that they are
 * printed with: the worst of all monitored scalars.
 *
 * @param rHat largest rank-normalised split R-hat
 * @param leastAgreed scalar that has it
 * @param autocorrelationTime longest, in units of the scalar's measurements, at least 1
 * @param lengths fewest autocorrelation times that a chain has lasted; 0 where the chains are too
 *     short to tell, and the R-hat is infinite then
 * @param slowest scalar that has it
 */
public record Mixing(
    double rHat, String leastAgreed, double autocorrelationTime, double lengths, String slowest) {
  /** Chains beyond this do not agree. */
  public static final double LARGEST_RHAT = 1.05;

  /** Fewest autocorrelation times that a chain must last. */
  public static final double FEWEST_LENGTHS = 20;

  /** Fewest sweeps that averages are certified over; fewer know their correlation too badly. */
  public static final int FEWEST_SWEEPS = 100;

  /** Before anything was monitored. */
  public static Mixing none() {
    return new Mixing(1, "", 1, Double.POSITIVE_INFINITY, "");
  }

  /** The worse of this and of a scalar along chains of one law. */
  public Mixing with(String name, List<MonteCarloSeries> chains) {
    int size = chains.get(0).size();
    if (size < 4) {
      return new Mixing(Double.POSITIVE_INFINITY, name, autocorrelationTime, 0, name);
    }
    ParallelChains together = ParallelChains.of(chains);
    double found = together.splitRhat();
    double time = Math.max(1, together.autocorrelationTime());
    boolean apart = found > rHat;
    boolean slow = size / time < lengths;
    return new Mixing(
        apart ? found : rHat,
        apart ? name : leastAgreed,
        slow ? time : autocorrelationTime,
        slow ? size / time : lengths,
        slow ? name : slowest);
  }

  /** Whether no criterion fails. */
  public boolean holds() {
    return failures().isEmpty();
  }

  /** The criteria that fail, each with its number and its limit. */
  public List<String> failures() {
    return FailedCriterion.texts(failed());
  }

  /** The same, each in short too. */
  public List<FailedCriterion> failed() {
    if (lengths == 0) {
      return List.of(
          new FailedCriterion(
              "too few sweeps", "too few sweeps to judge whether the chains agree"));
    }
    List<FailedCriterion> failed = new ArrayList<>();
    if (Double.isInfinite(rHat)) {
      failed.add(
          new FailedCriterion(
              leastAgreed + " is stuck",
              "the chains disagree and none of them moves: " + leastAgreed + " is stuck"));
    } else if (!(rHat < LARGEST_RHAT)) {
      failed.add(
          new FailedCriterion(
              text("R-hat %.3f > %.2f", rHat, LARGEST_RHAT),
              text(
                  "the chains disagree: R-hat %.3f of %s (below %.2f wanted)",
                  rHat, leastAgreed, LARGEST_RHAT)));
    }
    if (!(lengths >= FEWEST_LENGTHS)) {
      failed.add(
          new FailedCriterion(
              text("autocorrelation times %.1f < %.0f", lengths, FEWEST_LENGTHS),
              text(
                  "the chains are too short: %.1f autocorrelation times of %s (%.0f wanted)",
                  lengths, slowest, FEWEST_LENGTHS)));
    }
    return failed;
  }

  private static String text(String format, Object... numbers) {
    return String.format(Locale.ROOT, format, numbers);
  }
}
