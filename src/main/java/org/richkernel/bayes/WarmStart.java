package org.richkernel.bayes;

import java.util.List;

/**
 * Populations of a finished solve as the start of another one.
 *
 * @param gamma richness of their equilibrium
 * @param kappa noise of their equilibrium
 * @param fields of each population, whitened or weights, row-major S x (columns of all layers): the
 *     chains at S, then those at S/4
 * @param steps step of each chain, radians
 */
@SuppressWarnings("ArrayRecordComponent")
public record WarmStart(double gamma, double kappa, List<float[]> fields, double[] steps) {
  /** Takes a copy of the list. */
  public WarmStart {
    fields = List.copyOf(fields);
  }
}
