package org.richkernel.sampling;

import java.util.List;

/**
 * A test of convergence that fails.
 *
 * @param brief its number and its limit, for a log, such as {@code R-hat 1.12 > 1.05}
 * @param text the same in a line of words
 */
public record FailedCriterion(String brief, String text) {
  /** The lines of some. */
  public static List<String> texts(List<FailedCriterion> failed) {
    return failed.stream().map(FailedCriterion::text).toList();
  }

  /** The first of some criteria in short, and the number of the others; empty for none. */
  public static String brief(List<FailedCriterion> failed) {
    if (failed.isEmpty()) {
      return "";
    }
    String first = failed.get(0).brief();
    return failed.size() == 1 ? first : first + " and " + (failed.size() - 1) + " more";
  }
}
