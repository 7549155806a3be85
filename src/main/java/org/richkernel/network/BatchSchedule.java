package org.richkernel.network;

/**
 * Batches of gradient descent, of fixed size and taken in turn: step t is driven by the training
 * points (t B + i) mod P, i = 0 .. B - 1. Nothing is shuffled, so every theory and every network
 * sees the same batches.
 *
 * @param points P, training points
 * @param size B, points in a batch, 1 to P; P for full batches
 */
public record BatchSchedule(int points, int size) {
  /**
   * @throws InvalidProblemException if there are no points, or the size is not 1 to P
   */
  public BatchSchedule {
    if (points < 1) {
      throw new InvalidProblemException("train-size", points, "give at least 1 training point");
    }
    if (size < 1 || size > points) {
      throw new InvalidProblemException(
          "batch-size", size, "use 1 to the number of training points, " + points);
    }
  }

  /** Whether every point drives every step. */
  public boolean isFull() {
    return size == points;
  }

  /** Whether a training point drives a step. */
  public boolean drives(int step, int point) {
    return Math.floorMod(point - first(step), points) < size;
  }

  /** The points that drive a step, ascending. */
  public int[] batch(int step) {
    int[] batch = new int[size];
    int start = first(step);
    for (int i = 0; i < size; i++) {
      batch[i] = (start + i) % points;
    }
    java.util.Arrays.sort(batch);
    return batch;
  }

  private int first(int step) {
    return isFull() ? 0 : (int) ((long) step * size % points);
  }
}
