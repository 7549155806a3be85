package org.richkernel.limit.words;

import java.util.Arrays;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.WordBags;

/**
 * The positions of a text in order: subsampled sentences, windows, negative draws (Mikolov et al.,
 * arXiv:1310.4546, in the order of the word2vec program). The random numbers of a word depend on
 * seed, epoch and place in the text alone, so every width has the same positions, and a run can
 * resume at any sentence.
 */
final class BagSchedule {
  /** Smallest number of words read in one call. */
  static final int CHUNK = 8192;

  private static final int LONGEST_SENTENCE = 1000;
  private static final double NEGATIVE_POWER = 0.75;

  private final Corpus corpus;
  private final WordOptions options;
  private final Backend backend;
  private final Matrix draws;
  private final float[] uniforms;
  private final double[] keep;
  private final NegativeDraws negatives;
  private final int[] sentence = new int[LONGEST_SENTENCE];
  private final int[] reach = new int[LONGEST_SENTENCE];
  private final int[] drawn;
  private long blockEpoch = -1;
  private int block = -1;

  /**
   * @param draws {@link #CHUNK} x {@link #drawsPerWord}, FLOAT32
   */
  BagSchedule(Corpus corpus, WordOptions options, Backend backend, Matrix draws) {
    this.corpus = corpus;
    this.options = options;
    this.backend = backend;
    this.draws = draws;
    uniforms = new float[CHUNK * drawsPerWord(options)];
    drawn = new int[LONGEST_SENTENCE * options.negative()];
    Vocabulary vocabulary = corpus.vocabulary();
    keep = new double[vocabulary.size()];
    double threshold = options.subsample() * vocabulary.occurrences();
    for (int word = 0; word < keep.length; word++) {
      double ratio = threshold / vocabulary.counts()[word];
      keep[word] = threshold == 0 ? 1 : Math.sqrt(ratio) + ratio;
    }
    negatives = NegativeDraws.of(vocabulary, NEGATIVE_POWER);
  }

  /** Number of random numbers of a word: for its subsampling, its window and its negatives. */
  static int drawsPerWord(WordOptions options) {
    return 2 + options.negative();
  }

  /** Largest number of positions of a call. */
  static int mostPositions() {
    return CHUNK + LONGEST_SENTENCE;
  }

  /** Number of words and ends of sentences of one epoch. */
  int length() {
    return corpus.tokens().length;
  }

  /**
   * Adds the positions of whole sentences until enough words are read.
   *
   * @param from place in the text of the first word of a sentence
   * @return the value of {@code from} for the next call, {@link #length} at the end of the text
   */
  int fill(int epoch, int from, WordBags bags) {
    int next = from;
    while (next < length() && next - from < CHUNK) {
      long done = (long) epoch * length() + next;
      double rate = options.rate(done, (long) options.epochs() * length());
      int words = 0;
      while (next < length() && words < LONGEST_SENTENCE) {
        int word = corpus.tokens()[next];
        if (word == Corpus.END) {
          next++;
          break;
        }
        int at = uniformsOf(epoch, next++);
        if (uniforms[at] <= keep[word]) {
          sentence[words] = word;
          take(words++, at);
        }
      }
      addSentence(words, rate, bags);
    }
    return next;
  }

  /** Keeps the random numbers of a word, as the next call overwrites their block. */
  private void take(int index, int at) {
    int window = options.window();
    // the uniforms lie in (0, 1]
    int shrink = Math.min(window - 1, (int) (uniforms[at + 1] * window));
    reach[index] = window - shrink;
    for (int k = 0; k < options.negative(); k++) {
      drawn[index * options.negative() + k] = negatives.word(uniforms[at + 2 + k]);
    }
  }

  private void addSentence(int words, double rate, WordBags bags) {
    for (int i = 0; i < words && words > 1; i++) {
      bags.begin(rate, sentence[i]);
      int last = Math.min(words - 1, i + reach[i]);
      for (int c = Math.max(0, i - reach[i]); c <= last; c++) {
        if (c != i) {
          bags.context(sentence[c]);
        }
      }
      for (int k = 0; k < options.negative(); k++) {
        bags.negative(drawn[i * options.negative() + k]);
      }
    }
  }

  private int uniformsOf(int epoch, int place) {
    if (block != place / CHUNK || blockEpoch != epoch) {
      block = place / CHUNK;
      blockEpoch = epoch;
      long stream = RandomStreams.stream(RandomStreams.WORD_DRAWS, 0, epoch);
      backend.fillUniform(options.seed(), stream, (long) block * CHUNK, draws);
      backend.download(draws, uniforms);
    }
    return place % CHUNK * drawsPerWord(options);
  }

  /**
   * Draws words by a power of their counts.
   *
   * @param bounds of the intervals of the words within 0 .. 1
   * @param guide for each of the equal parts of 0 .. 1 the first interval that overlaps it
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record NegativeDraws(double[] bounds, int[] guide) {
    private static final int PARTS_PER_WORD = 4;

    static NegativeDraws of(Vocabulary vocabulary, double power) {
      double[] bounds = new double[vocabulary.size()];
      double total = 0;
      for (int word = 0; word < bounds.length; word++) {
        total += Math.pow(vocabulary.counts()[word], power);
        bounds[word] = total;
      }
      double sum = total;
      Arrays.setAll(bounds, word -> bounds[word] / sum);
      int[] guide = new int[PARTS_PER_WORD * bounds.length];
      int word = 0;
      for (int part = 0; part < guide.length; part++) {
        while (word < bounds.length - 1 && bounds[word] * guide.length <= part) {
          word++;
        }
        guide[part] = word;
      }
      return new NegativeDraws(bounds, guide);
    }

    /** The word of a uniform number in (0, 1]. */
    int word(float uniform) {
      int word = guide[Math.min(guide.length - 1, (int) ((double) uniform * guide.length))];
      while (word < bounds.length - 1 && uniform > bounds[word]) {
        word++;
      }
      return word;
    }
  }
}
