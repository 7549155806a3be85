package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSites;
import org.richkernel.stack.SitePool;

/**
 * Consecutive neurons that are processed together, in the order of their pairs. Fields have a
 * column for each site of each training point, ordered (site, point); readouts act on the pooled
 * fields, (rows Z) x P.
 *
 * @param first first row of the population
 * @param rows number of neurons
 * @param firstPair index of the pair of the first one, counted over the populations of all runs
 * @param field h of the training points, rows x (P s); kept between sweeps
 * @param phi scratch, rows x (P s)
 * @param slope scratch, rows x (P s)
 * @param pull scratch, rows x (P s)
 * @param traced scratch for z, q, dz, dq, (rows Z) x 4K
 * @param seen phi in the pooled rows
 * @param pulled pull likewise
 */
record NeuronPanel(
    int first,
    int rows,
    long firstPair,
    Matrix field,
    Matrix phi,
    Matrix slope,
    Matrix pull,
    Matrix traced,
    SitePool seen,
    SitePool pulled) {

  static NeuronPanel of(
      Backend backend,
      Workspace memory,
      NetworkSites sites,
      int points,
      int first,
      int rows,
      long firstPair) {
    Matrix phi = memory.get("phi").rowRange(0, rows);
    Matrix pull = memory.get("pulled slope").rowRange(0, rows);
    return new NeuronPanel(
        first,
        rows,
        firstPair,
        memory.get("field").rowRange(first, rows),
        phi,
        memory.get("slope").rowRange(0, rows),
        pull,
        memory.get("traced").rowRange(0, rows * sites.readoutSites()),
        new SitePool(
            backend, phi, points, sites.readout(), scratch(memory.get("mean of phi"), rows)),
        new SitePool(
            backend, pull, points, sites.readout(), scratch(memory.get("mean of pulls"), rows)));
  }

  /** Rows of a scratch matrix, which is empty if nothing is averaged. */
  private static Matrix scratch(Matrix means, int rows) {
    return means.rowRange(0, Math.min(rows, means.rows()));
  }
}
