package org.richkernel.limit.words;

import java.util.Random;

/** Sentences of a Markov chain, whose words differ in frequency and in company. */
final class ToyCorpus {
  private ToyCorpus() {}

  /** A text of so many words of a vocabulary of so many. */
  static Corpus of(int vocabulary, int words, long seed) {
    Random random = new Random(seed);
    double[][] next = new double[vocabulary][vocabulary];
    for (double[] row : next) {
      double sum = 0;
      for (int j = 0; j < vocabulary; j++) {
        row[j] = Math.exp(1.5 * random.nextGaussian()) / (1 + j);
        sum += row[j];
      }
      for (int j = 0; j < vocabulary; j++) {
        row[j] /= sum;
      }
    }
    Corpus.Builder builder = new Corpus.Builder();
    // every word once, so that the vocabulary has its size
    for (int j = 0; j < vocabulary; j++) {
      builder.word("w" + j);
    }
    builder.endSentence();
    int state = 0;
    for (int i = 0; i < words; i++) {
      double u = random.nextDouble();
      int j = 0;
      while (j < vocabulary - 1 && u > next[state][j]) {
        u -= next[state][j];
        j++;
      }
      state = j;
      builder.word("w" + j);
      if (random.nextInt(12) == 0) {
        builder.endSentence();
      }
    }
    builder.endSentence();
    return builder.build(1);
  }
}
