package org.richkernel.bayes;

import org.richkernel.compute.Matrix;

/** Points without a tilt, with predictions from a population of training fields. */
interface TestPoints extends AutoCloseable {
  /**
   * sum += g k(x)^T v, the prediction of one population.
   *
   * @param draw selects the random numbers, if the fields of the points are drawn
   * @param sum P_t x K, float64
   */
  void addPrediction(FieldPopulation population, Draw draw, Matrix sum);

  @Override
  void close();

  /**
   * Key of the random numbers of a prediction.
   *
   * @param seed key of all random streams
   * @param chain index of the chain
   * @param sweep index of the sweep
   * @param firstPoint index of the first point among all points of the prediction, so that the
   *     numbers of a point do not depend on its panel
   */
  record Draw(long seed, int chain, long sweep, int firstPoint) {
    /** The key for points from the first one on. */
    Draw(long seed, int chain, long sweep) {
      this(seed, chain, sweep, 0);
    }

    /** The same for points from another one on. */
    Draw from(int point) {
      return new Draw(seed, chain, sweep, point);
    }
  }
}
