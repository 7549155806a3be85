package org.richkernel.bayes;

import java.util.List;

/**
 * Populations of a finished solve, from which another one starts.
 *
 * @param gamma richness at which they are in equilibrium
 * @param kappa noise at which they are
 * @param fields whitened fields of each population, row-major S x (r + (L - 1) P): the chains at S,
 *     then those at S/4
 * @param steps step of each chain, radians
 */
@SuppressWarnings("ArrayRecordComponent")
public record WarmStart(double gamma, double kappa, List<float[]> fields, double[] steps) {
  /** Takes a copy of the list. */
  public WarmStart {
    fields = List.copyOf(fields);
  }
}
