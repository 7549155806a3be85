package org.richkernel.bayes;

import org.richkernel.compute.Matrix;

/** Points without a tilt, whose predictions follow from a population of training fields. */
interface TestPoints extends AutoCloseable {
  /**
   * sum += g k(x)^T v, the prediction of one population.
   *
   * @param draw names the random numbers, where the fields of the points are drawn
   * @param sum P_t x K, float64
   */
  void addPrediction(FieldPopulation population, Draw draw, Matrix sum);

  @Override
  void close();

  /**
   * What the random numbers of a prediction depend on.
   *
   * @param seed key of all random streams
   * @param chain index of the chain
   * @param sweep index of the sweep
   * @param firstPoint index of the first of the points among all that are predicted, so that a
   *     point's numbers do not depend on those it is predicted with
   */
  record Draw(long seed, int chain, long sweep, int firstPoint) {
    /** The numbers of points from the first one on. */
    Draw(long seed, int chain, long sweep) {
      this(seed, chain, sweep, 0);
    }

    /** The same for points from another one on. */
    Draw from(int point) {
      return new Draw(seed, chain, sweep, point);
    }
  }
}
