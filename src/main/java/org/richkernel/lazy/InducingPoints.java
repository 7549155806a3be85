package org.richkernel.lazy;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.richkernel.compute.Philox;
import org.richkernel.compute.RandomStreams;
import org.richkernel.network.Inputs;

/**
 * A random order of P points: the first M are inducing points, a uniform draw without replacement;
 * the next ones are a uniform sample of the others for measurements. Each point has 64 random bits,
 * the words 0 and 1 of the Philox block with its counter, and the order is theirs; so the points of
 * a smaller M are among those of a larger one.
 */
final class InducingPoints {
  private final int[] order;
  private final int count;

  /**
   * Draws.
   *
   * @param points P
   * @param count M, at most P
   */
  InducingPoints(int points, int count, long seed) {
    long stream = RandomStreams.stream(RandomStreams.INDUCING_POINTS, 0, 0);
    long[] keys = new long[points];
    int[] words = new int[4];
    for (int i = 0; i < points; i++) {
      words[0] = i;
      words[1] = 0;
      words[2] = (int) stream;
      words[3] = (int) (stream >>> 32);
      Philox.block((int) seed, (int) (seed >>> 32), words);
      keys[i] = (long) words[0] << 32 | (words[1] & 0xffffffffL);
    }
    this.order =
        IntStream.range(0, points)
            .boxed()
            .sorted(Comparator.comparingLong((Integer i) -> keys[i]).thenComparing(i -> i))
            .mapToInt(Integer::intValue)
            .toArray();
    this.count = count;
  }

  /** M. */
  int count() {
    return count;
  }

  /** P - M. */
  int others() {
    return order.length - count;
  }

  /** The inducing points, M x D. */
  Inputs of(Inputs inputs) {
    return rows(inputs, 0, count);
  }

  /** The first others, rows x D. */
  Inputs others(Inputs inputs, int rows) {
    return rows(inputs, count, rows);
  }

  private Inputs rows(Inputs inputs, int first, int rows) {
    return inputs.rows(Arrays.copyOfRange(order, first, first + rows));
  }

  /**
   * Rows of an array in this order.
   *
   * @param values P x columns, row-major
   */
  double[] arrange(double[] values, int columns) {
    double[] arranged = new double[values.length];
    for (int i = 0; i < order.length; i++) {
      System.arraycopy(values, order[i] * columns, arranged, i * columns, columns);
    }
    return arranged;
  }

  /** The inverse of {@link #arrange(double[], int)}. */
  double[] restore(double[] arranged, int columns) {
    double[] values = new double[arranged.length];
    for (int i = 0; i < order.length; i++) {
      System.arraycopy(arranged, i * columns, values, order[i] * columns, columns);
    }
    return values;
  }
}
