package org.richkernel.dynamics;

import org.richkernel.compute.Matrix;
import org.richkernel.compute.Workspace;

/**
 * Some neurons that are worked on together, one after the other in the order of their pairs.
 *
 * @param first first row of the population
 * @param rows number of neurons
 * @param firstPair pair of the first of them, counted over the populations of all runs
 * @param field h of the training points, rows x P; kept between sweeps
 * @param phi scratch, rows x P
 * @param slope scratch, rows x P
 * @param pull scratch, rows x P
 * @param traced scratch for z, q, dz, dq, rows x 4K
 */
record NeuronPanel(
    int first,
    int rows,
    long firstPair,
    Matrix field,
    Matrix phi,
    Matrix slope,
    Matrix pull,
    Matrix traced) {

  static NeuronPanel of(Workspace memory, int first, int rows, long firstPair) {
    return new NeuronPanel(
        first,
        rows,
        firstPair,
        memory.get("field").rowRange(first, rows),
        memory.get("phi").rowRange(0, rows),
        memory.get("slope").rowRange(0, rows),
        memory.get("pulled slope").rowRange(0, rows),
        memory.get("traced").rowRange(0, rows));
  }
}
