package org.richkernel.data;

import java.util.stream.IntStream;
import org.richkernel.compute.Philox;

/** In which order the rows of a file are looked at, when some of them are chosen. */
interface RowOrder {
  /** The first rows first. */
  RowOrder OF_FILE = rows -> IntStream.range(0, rows).toArray();

  /** The rows from 0 to rows - 1, each once. */
  int[] of(int rows);

  /**
   * Every order with the same probability, by Fisher and Yates: the i-th draw is from word 0 and 1
   * of the Philox block with counter (i, 0, stream, 0) and the key of the seed.
   *
   * @param stream 0 for training points, 1 for test points
   */
  static RowOrder random(long seed, int stream) {
    return rows -> {
      int[] order = OF_FILE.of(rows);
      int[] words = new int[4];
      for (int i = rows - 1; i > 0; i--) {
        words[0] = i;
        words[1] = 0;
        words[2] = stream;
        words[3] = 0;
        Philox.block((int) seed, (int) (seed >>> 32), words);
        long bits = (words[0] & 0xffffffffL) << 31 | (words[1] & 0xffffffffL) >>> 1;
        // of 2^63 values the first ones are too frequent by less than one part in 2^32
        int j = (int) (bits % (i + 1));
        int swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
      }
      return order;
    };
  }
}
