package org.richkernel.limit.words;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.WordBags;

/** Positions of a text: which stay, what they see, what is drawn against them. */
class BagScheduleTest {
  private final Backend backend = Backends.cpu();

  @AfterEach
  void close() {
    backend.close();
  }

  private interface Look {
    void at(WordBags bags);
  }

  private void over(Corpus corpus, WordOptions options, Look look) {
    try (Matrix draws =
        backend.allocate(
            Precision.FLOAT32, BagSchedule.CHUNK, BagSchedule.drawsPerWord(options), "draws")) {
      BagSchedule schedule = new BagSchedule(corpus, options, backend, draws);
      for (int epoch = 0; epoch < options.epochs(); epoch++) {
        for (int place = 0; place < schedule.length(); ) {
          WordBags bags = new WordBags();
          place = schedule.fill(epoch, place, bags);
          look.at(bags);
        }
      }
    }
  }

  @Test
  void wordsStayWithTheirProbability() {
    Corpus corpus = ToyCorpus.of(20, 40_000, 5);
    Vocabulary vocabulary = corpus.vocabulary();
    double s = 2e-3;
    double[] seen = new double[20];
    int epochs = 5;
    over(
        corpus,
        new WordOptions(2, 1, s, epochs, 0.1, 0, 1, 3),
        bags -> {
          for (int i = 0; i < bags.size(); i++) {
            seen[bags.target(i, 0)]++;
          }
        });
    double[] all = new double[20];
    over(
        corpus,
        new WordOptions(2, 1, 0, 1, 0.1, 0, 1, 3),
        bags -> {
          for (int i = 0; i < bags.size(); i++) {
            all[bags.target(i, 0)]++;
          }
        });
    for (int w = 0; w < 20; w++) {
      double count = vocabulary.counts()[w];
      double ratio = s * vocabulary.occurrences() / count;
      double keep = Math.min(1, Math.sqrt(ratio) + ratio);
      // all but the words that stand alone in a sentence are positions
      assertThat(all[w]).isBetween(0.75 * count, count);
      double error = Math.sqrt(keep * (1 - keep) * count * epochs);
      // a word that stays needs company, which thinning takes from some sentences
      assertThat(seen[w]).isBetween(0.5 * keep * count * epochs, keep * count * epochs + 4 * error);
    }
  }

  @Test
  void windowsReachUniformlyFarAndNoFurtherThanTheirSentence() {
    Corpus.Builder builder = new Corpus.Builder();
    for (int line = 0; line < 3000; line++) {
      for (int w = 0; w < 9; w++) {
        builder.word("w" + w);
      }
      builder.endSentence();
    }
    double[] lengths = new double[9];
    over(
        builder.build(1),
        new WordOptions(4, 1, 0, 1, 0.1, 0, 1, 3),
        bags -> {
          for (int i = 0; i < bags.size(); i++) {
            int word = bags.target(i, 0);
            for (int j = 0; j < bags.contexts(i); j++) {
              assertThat(Math.abs(bags.context(i, j) - word)).isBetween(1, 4);
              assertThat(bags.contextCount(i, j)).isEqualTo(1);
            }
            if (word == 4) {
              lengths[bags.length(i)]++;
            }
            if (word == 0) {
              assertThat(bags.length(i)).isLessThanOrEqualTo(4);
            }
          }
        });
    for (int reach = 1; reach <= 4; reach++) {
      // 3000 middle words, each reach with probability 1/4
      assertThat(lengths[2 * reach]).isCloseTo(750, within(4 * Math.sqrt(3000 * 0.25 * 0.75)));
    }
    assertThat(lengths[2] + lengths[4] + lengths[6] + lengths[8]).isEqualTo(3000);
  }

  @Test
  void negativesFollowThePowerOfTheCounts() {
    Corpus corpus = ToyCorpus.of(12, 20_000, 6);
    Vocabulary vocabulary = corpus.vocabulary();
    double[] expected = new double[12];
    double total = 0;
    for (int w = 0; w < 12; w++) {
      expected[w] = Math.pow(vocabulary.counts()[w], 0.75);
      total += expected[w];
    }
    double[] drawn = new double[12];
    double[] others = new double[1];
    over(
        corpus,
        new WordOptions(2, 5, 0, 2, 0.1, 0, 1, 3),
        bags -> {
          for (int i = 0; i < bags.size(); i++) {
            // the rarest word as target hides the fewest draws
            if (bags.target(i, 0) == 0) {
              others[0]++;
              for (int t = 1; t < bags.targets(i); t++) {
                assertThat(bags.target(i, t)).isNotZero();
                drawn[bags.target(i, t)] += bags.targetCount(i, t);
              }
            }
          }
        });
    for (int w = 1; w < 12; w++) {
      double p = expected[w] / total;
      double draws = 5 * others[0];
      assertThat(drawn[w]).isCloseTo(p * draws, within(4.5 * Math.sqrt(draws * p * (1 - p))));
    }
  }

  @Test
  void ratesFallLinearlyToTheirLeast() {
    Corpus corpus = ToyCorpus.of(12, 20_000, 6);
    double[] last = {0.1};
    double[] first = {0};
    over(
        corpus,
        new WordOptions(2, 5, 0, 2, 0.1, 0, 1, 3),
        bags -> {
          first[0] = first[0] == 0 ? bags.rate(0) : first[0];
          for (int i = 0; i < bags.size(); i++) {
            assertThat(bags.rate(i)).isLessThanOrEqualTo(last[0]);
            last[0] = bags.rate(i);
          }
        });
    assertThat(first[0]).isCloseTo(0.1, within(1e-9));
    assertThat(last[0]).isLessThan(1e-4);
  }
}
