package org.richkernel.limit.words;

import org.richkernel.metrics.AlikeValues;

/**
 * The mean of a number over analogy questions, with its error. Questions share pairs, so the error
 * is a jackknife over pairs: a pair is left out with all its questions, within each section,
 *
 * <pre>
 * Var = sum_s (P_s - 1)/P_s sum_{p in s} (mean without p - mean of these over s)^2
 * </pre>
 *
 * as for a U-statistic of degree two (Arvesen 1969, Ann. Math. Stat. 40, 2076).
 *
 * @param value the mean
 * @param standardError NaN if every section has fewer than 3 pairs
 * @param questions number of questions
 * @param pairs number of pairs in them
 */
public record PairMean(double value, double standardError, int questions, int pairs) {
  private static final int LEAST_PAIRS = 3;

  /**
   * Over all sections.
   *
   * @param values one for each question
   */
  public static PairMean of(Analogies analogies, double[] values) {
    return over(analogies, values, 0, analogies.sections().size());
  }

  /** Over one section. */
  public static PairMean of(Analogies analogies, double[] values, int section) {
    return over(analogies, values, section, section + 1);
  }

  private static PairMean over(Analogies analogies, double[] values, int from, int to) {
    double[] sums = new double[analogies.pairs()];
    int[] counts = new int[analogies.pairs()];
    double sum = 0;
    int count = 0;
    for (int q = 0; q < values.length; q++) {
      Analogies.Question question = analogies.questions().get(q);
      if (question.section() >= from && question.section() < to) {
        sum += values[q];
        count++;
        sums[question.given()] += values[q];
        counts[question.given()]++;
        if (question.asked() != question.given()) {
          sums[question.asked()] += values[q];
          counts[question.asked()]++;
        }
      }
    }
    double variance = 0;
    int pairs = 0;
    boolean enough = false;
    for (int section = from; section < to; section++) {
      double mean = 0;
      double square = 0;
      int inside = 0;
      for (int p = 0; p < sums.length; p++) {
        if (counts[p] > 0 && counts[p] < count && analogies.sectionOf(p) == section) {
          double without = (sum - sums[p]) / (count - counts[p]);
          inside++;
          double off = without - mean;
          mean += off / inside;
          square += off * (without - mean);
        }
      }
      for (int p = 0; p < sums.length; p++) {
        pairs += counts[p] > 0 && analogies.sectionOf(p) == section ? 1 : 0;
      }
      enough |= inside >= LEAST_PAIRS;
      variance += inside > 1 ? square * (inside - 1) / inside : 0;
    }
    // equal answers to all questions do not imply a zero error over other pairs
    double error =
        variance > 0 ? Math.sqrt(variance) : AlikeValues.standardError(Math.max(1, pairs));
    return new PairMean(sum / count, enough ? error : Double.NaN, count, pairs);
  }
}
