package org.richkernel.bayes;

import org.richkernel.compute.Matrix;

/**
 * A density exp(-|x|^2 / 2 - V(x)) over a field, moved one block of rows at a time with the other
 * rows held fixed. A sweep visits all blocks.
 */
public interface HmcTarget {
  /** Number of blocks of a sweep. */
  int blocks();

  /** Number of fields' rows in all. */
  int samples();

  /** Index of the first row of a block within the population. */
  int firstSample(int block);

  /**
   * Starts a move of a block: {@link #position()} becomes a copy of its rows, with V on the {@link
   * #record()} and {@link #gradient()} filled; a device is not waited for.
   */
  void begin(int block);

  /** The block's field, n x r, to be moved by the integrator. */
  Matrix position();

  /** Momentum of the block, n x r; scratch of the integrator. */
  Matrix momentum();

  /** dV/dx at the position last evaluated, n x r. */
  Matrix gradient();

  /**
   * Evaluates V at {@link #position()} and fills {@link #gradient()}; a device is not waited for.
   */
  void evaluate();

  /**
   * The same where a trajectory ends: energies at both of its ends are those of plain float32
   * products, whatever those between are made with. A force that is a little wrong costs
   * acceptance; an energy that is wrong samples another distribution.
   */
  default void evaluateAtEnd() {
    evaluate();
  }

  /**
   * V at the position evaluated last, for which a device is waited; +infinity if V was not defined
   * there or at another position evaluated since {@link #begin}.
   */
  double potential();

  /**
   * What the backend keeps of the trajectory; {@link #begin} starts it, {@link #potential} reads
   * it.
   */
  TrajectoryRecord record();

  /** Makes the position whose {@link #potential()} was asked for the state of the block. */
  void accept();
}
