package org.richkernel.limit.words;

import org.richkernel.compute.Operands;
import org.richkernel.network.InvalidProblemException;

/**
 * Options of the training of word embeddings, the same at every width.
 *
 * @param window R: contexts lie at most R - b words away, b uniform in 0 .. R-1
 * @param negative draws of label 0 for each position
 * @param subsample s: word w stays with probability (sqrt(c/(s N)) + 1) s N/c; 0 keeps all
 * @param epochs passes over the text
 * @param stepSize alpha_0; alpha = alpha_0 max(1 - words done / (epochs N + 1), 1e-4)
 * @param weightDecay lambda of the rows that a position touches
 * @param batch number of positions whose gradients are computed at the same rows
 * @param seed key of the random streams
 */
public record WordOptions(
    int window,
    int negative,
    double subsample,
    int epochs,
    double stepSize,
    double weightDecay,
    int batch,
    long seed) {
  private static final int MOST_WINDOW = 1000;
  private static final int MOST_BATCH = 1 << 16;
  private static final double LEAST_RATE = 1e-4;

  /**
   * Checks the numbers.
   *
   * @throws InvalidProblemException naming the first value out of range
   */
  public WordOptions {
    require("window", window, window >= 1 && window <= MOST_WINDOW, "use 1 to " + MOST_WINDOW);
    int most = Operands.MOST_TARGETS - 1;
    require("negative", negative, negative >= 1 && negative <= most, "use 1 to " + most);
    require("subsample", subsample, subsample >= 0 && subsample <= 1, "use a number from 0 to 1");
    require("epochs", epochs, epochs >= 1 && epochs <= 1_000_000, "use at least 1");
    require("step-size", stepSize, stepSize > 0 && stepSize <= 1e3, "use a number above 0");
    require(
        "weight-decay",
        weightDecay,
        weightDecay >= 0 && weightDecay * stepSize < 1,
        "use a number of at least 0 whose product with --step-size is below 1");
    require("batch", batch, batch >= 1 && batch <= MOST_BATCH, "use 1 to " + MOST_BATCH);
  }

  private static void require(String field, Object value, boolean holds, String allowed) {
    if (!holds) {
      throw new InvalidProblemException(field, value, allowed);
    }
  }

  /** alpha after so many words of all epochs' total. */
  double rate(long done, long total) {
    return stepSize * Math.max(1 - (double) done / (total + 1), LEAST_RATE);
  }
}
