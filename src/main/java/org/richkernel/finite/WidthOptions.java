package org.richkernel.finite;

import java.util.List;
import org.richkernel.network.InvalidProblemException;

/**
 * Networks of a comparison of widths ({@link WidthComparison}).
 *
 * @param widths N of each, ascending
 * @param repeats R, independent networks of each width
 * @param scale dependence of the richness on the width
 * @param criterion training loss of a point
 */
public record WidthOptions(
    List<Integer> widths, int repeats, WidthScale scale, Criterion criterion) {
  /**
   * @throws InvalidProblemException if a width is below 1, or the repeats are not 1 to 65535
   */
  public WidthOptions {
    widths = widths.stream().sorted().distinct().toList();
    if (widths.isEmpty() || widths.get(0) < 1) {
      throw new InvalidProblemException("widths", widths, "give at least 1 neuron each");
    }
    if (repeats < 1 || repeats > 0xffff) {
      throw new InvalidProblemException("repeats", repeats, "use 1 to 65535");
    }
  }

  /** The richness of a width, given that of the smallest. */
  double gamma(double gamma, int width) {
    return scale.gamma(gamma, width, widths.get(0));
  }
}
