package org.richkernel.bayes;

import org.richkernel.compute.Matrix;

/**
 * A density exp(-|x|^2 / 2 - V(x)) over a field. One block of rows moves at a time with the other
 * rows held fixed; a sweep visits all blocks.
 */
public interface HmcTarget {
  /** Number of blocks of a sweep. */
  int blocks();

  /** Number of rows of the field. */
  int samples();

  /** Index of the first row of a block within the population. */
  int firstSample(int block);

  /**
   * Starts a move of a block: {@link #position()} becomes a copy of its rows, with V on the {@link
   * #record()} and {@link #gradient()} filled. The call does not wait for the device.
   */
  void begin(int block);

  /** The field of the block, n x r, which the integrator moves. */
  Matrix position();

  /** Momentum of the block, n x r; scratch of the integrator. */
  Matrix momentum();

  /** dV/dx at the position last evaluated, n x r. */
  Matrix gradient();

  /**
   * Evaluates V at {@link #position()} and fills {@link #gradient()} without waiting for the
   * device.
   */
  void evaluate();

  /**
   * The same at the end of a trajectory. Energies at both ends use plain float32 products; steps
   * between may use less exact ones. An inexact force only lowers the acceptance, an inexact energy
   * changes the sampled distribution.
   */
  default void evaluateAtEnd() {
    evaluate();
  }

  /**
   * V at the last evaluated position; waits for the device. +infinity if V was not defined there or
   * at another position evaluated since {@link #begin}.
   */
  double potential();

  /**
   * Record of the trajectory on the backend; {@link #begin} starts it, {@link #potential} reads it.
   */
  TrajectoryRecord record();

  /** Makes the last position, after {@link #potential()}, the state of the block. */
  void accept();
}
