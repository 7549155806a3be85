package org.richkernel.limit.words;

import java.util.List;
import java.util.OptionalInt;

/**
 * Course of one width over the epochs.
 *
 * @param width empty for the infinite one
 * @param ranks place of every answer, (epochs + 1) x questions, from before the first epoch on; the
 *     answer is right at place 1
 * @param losses mean over the positions of each epoch
 * @param positions of each epoch
 * @param seconds of descent, all epochs together
 * @param neighbours of the requested words, after the last epoch
 */
public record WordCourse(
    OptionalInt width,
    List<int[]> ranks,
    List<Double> losses,
    List<Double> positions,
    double seconds,
    List<Neighbours> neighbours) {

  /**
   * The nearest words of a word, the nearest first.
   *
   * @param word row of the word
   * @param near their rows
   * @param cosines of their rows with it
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Neighbours(int word, int[] near, double[] cosines) {}

  /** Takes copies of the lists. */
  public WordCourse {
    ranks = List.copyOf(ranks);
    losses = List.copyOf(losses);
    positions = List.copyOf(positions);
    neighbours = List.copyOf(neighbours);
  }

  /** "inf" or the number of neurons. */
  public static String name(OptionalInt width) {
    return width.isPresent() ? String.valueOf(width.getAsInt()) : "inf";
  }

  /** {@link #name(OptionalInt)} of this width. */
  public String name() {
    return name(width);
  }

  /** Whether the rows stayed finite through all epochs. */
  public boolean isFinite() {
    return losses.stream().allMatch(Double::isFinite);
  }

  /** Number of evaluations, the start included. */
  public int marks() {
    return ranks.size();
  }

  /** 1 for each question that is right after the given number of epochs, 0 for the others. */
  public double[] right(int epoch) {
    double[] right = new double[ranks.get(epoch).length];
    for (int q = 0; q < right.length; q++) {
      right[q] = ranks.get(epoch)[q] == 1 ? 1 : 0;
    }
    return right;
  }

  /** Mean of 1/place of the answers. */
  public double meanReciprocalRank(int epoch) {
    double sum = 0;
    for (int rank : ranks.get(epoch)) {
      sum += 1.0 / rank;
    }
    return sum / ranks.get(epoch).length;
  }
}
