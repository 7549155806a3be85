package org.richkernel.limit.words;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.solver.SavedStates;

/** Word embeddings of infinite width against the program in float64 and networks of many widths. */
class WordTrainingTest {
  private static final int WORDS = 24;
  private static final Corpus CORPUS = ToyCorpus.of(WORDS, 3000, 1);
  private static final WordOptions OPTIONS = new WordOptions(3, 5, 0, 1, 0.3, 0.01, 1, 7);

  private static WordTraining training(WordOptions options, Analogies analogies, int... widths) {
    return new WordTraining(CORPUS, options, TrainedRows.widths(widths), analogies, List.of(2, 5));
  }

  private static double[][] square(double[][] wide) {
    double[][] left = new double[wide.length][];
    for (int i = 0; i < wide.length; i++) {
      left[i] = java.util.Arrays.copyOf(wide[i], wide.length);
    }
    return left;
  }

  /** Questions with random words. */
  private static Analogies questions(int count) {
    Random random = new Random(3);
    Analogies.Builder builder = new Analogies.Builder(CORPUS.vocabulary());
    for (int q = 0; q < count; q++) {
      List<String> words = new ArrayList<>();
      while (words.size() < 4) {
        String word = "w" + random.nextInt(WORDS);
        if (!words.contains(word)) {
          words.add(word);
        }
      }
      builder.question(words.get(0), words.get(1), words.get(2), words.get(3));
    }
    return builder.build();
  }

  @Test
  void limitIsTheProgramOnCoefficients() {
    WordOptions options = new WordOptions(3, 5, 1e-2, 2, 0.3, 0.01, 1, 7);
    PlainProgram limit = PlainProgram.limit(WORDS);
    limit.train(CORPUS, options);
    PlainProgram orthonormal = PlainProgram.orthonormal(WORDS, 40, 2);
    orthonormal.train(CORPUS, options);
    for (int w = 0; w < WORDS; w++) {
      for (int k = WORDS; k < 2 * WORDS; k++) {
        assertThat(limit.input[w][k]).isZero();
        assertThat(limit.output[w][k]).isZero();
      }
    }
    assertThat(TrainedRows.distance(limit.logits(), orthonormal.logits())).isLessThan(1e-12);
    try (Backend backend = Backends.cpu()) {
      TrainedRows found = TrainedRows.of(training(options, Analogies.none(), 0), backend);
      assertThat(TrainedRows.distance(found.inputs.get("inf"), square(limit.input)))
          .isLessThan(1e-6);
      assertThat(TrainedRows.distance(found.outputs.get("inf"), square(limit.output)))
          .isLessThan(1e-6);
      assertThat(found.courses.get(0).losses().get(1)).isCloseTo(limit.losses.get(1), within(1e-6));
      // the text teaches something
      assertThat(limit.losses.get(1)).isLessThan(limit.losses.get(0) - 0.05);
    }
  }

  @Test
  void finiteWidthIsTheProgramOnItsRows() {
    WordOptions still = new WordOptions(3, 5, 0, 1, 1e-30, 0, 1, 7);
    try (Backend backend = Backends.cpu()) {
      double[][] start =
          TrainedRows.of(training(still, Analogies.none(), 50), backend).inputs.get("50");
      double square = 0;
      double most = 0;
      for (double[] row : start) {
        square += PlainProgram.dot(row, row) / WORDS;
        for (double u : row) {
          most = Math.max(most, Math.abs(u));
        }
      }
      // 1200 uniforms of variance 1/50
      assertThat(square).isCloseTo(1, within(0.08));
      assertThat(most).isBetween(0.98 * Math.sqrt(3.0 / 50), Math.sqrt(3.0 / 50));
      PlainProgram network = PlainProgram.of(start);
      network.train(CORPUS, OPTIONS);
      TrainedRows found = TrainedRows.of(training(OPTIONS, Analogies.none(), 50), backend);
      assertThat(TrainedRows.distance(found.inputs.get("50"), network.input)).isLessThan(1e-6);
      assertThat(TrainedRows.distance(found.outputs.get("50"), network.output)).isLessThan(1e-6);
    }
  }

  @Test
  void networksTendToTheLimitAsTheRootOfTheirWidth() {
    int[] widths = {64, 256, 1024, 4096};
    try (Backend backend = Backends.cpu()) {
      TrainedRows rows =
          TrainedRows.of(training(OPTIONS, questions(200), 0, 64, 256, 1024, 4096), backend);
      double[][] limit = rows.logits("inf");
      double size = TrainedRows.distance(limit, new double[WORDS][WORDS]);
      double[] logits = new double[widths.length];
      double[] cosines = new double[widths.length];
      List<Double> agreement = new ArrayList<>();
      for (int i = 0; i < widths.length; i++) {
        String name = String.valueOf(widths[i]);
        logits[i] = TrainedRows.distance(rows.logits(name), limit) / size;
        cosines[i] = TrainedRows.distance(rows.cosines(name), rows.cosines("inf"));
        int same = 0;
        int[] ranks = rows.courses.get(i + 1).ranks().get(1);
        for (int q = 0; q < ranks.length; q++) {
          same += (ranks[q] == 1) == (rows.courses.get(0).ranks().get(1)[q] == 1) ? 1 : 0;
        }
        agreement.add((double) same / ranks.length);
      }
      assertThat(slope(widths, logits)).isBetween(-0.65, -0.4);
      assertThat(slope(widths, cosines)).isBetween(-0.65, -0.4);
      assertThat(logits[3]).isLessThan(0.02);
      assertThat(agreement.get(3)).isGreaterThanOrEqualTo(0.95);
    }
  }

  private static double slope(int[] widths, double[] errors) {
    double n = widths.length;
    double x = 0;
    double y = 0;
    double xx = 0;
    double xy = 0;
    for (int i = 0; i < widths.length; i++) {
      double log = Math.log(widths[i]);
      x += log;
      y += Math.log(errors[i]);
      xx += log * log;
      xy += log * Math.log(errors[i]);
    }
    return (n * xy - x * y) / (n * xx - x * x);
  }

  @Test
  void answersAreThoseOfPlainScoresAndTiesAreWrong() {
    Analogies analogies = questions(60);
    try (Backend backend = Backends.cpu()) {
      TrainedRows rows = TrainedRows.of(training(OPTIONS, analogies, 0), backend);
      WordCourse course = rows.courses.get(0);
      double[][] cosines = rows.cosines("inf");
      for (int q = 0; q < 60; q++) {
        Analogies.Question asked = analogies.questions().get(q);
        int rank = 1;
        for (int w = 0; w < WORDS; w++) {
          if (w != asked.a() && w != asked.b() && w != asked.c() && w != asked.d()) {
            rank += score(cosines, asked, w) >= score(cosines, asked, asked.d()) ? 1 : 0;
          }
        }
        assertThat(course.ranks().get(1)[q]).isEqualTo(rank);
      }
      // A = I: every score is 0
      assertThat(course.ranks().get(0)).containsOnly(WORDS - 3);
      WordCourse.Neighbours near = course.neighbours().get(1);
      assertThat(near.word()).isEqualTo(5);
      for (int k = 0; k < near.near().length; k++) {
        assertThat(near.cosines()[k]).isCloseTo(cosines[5][near.near()[k]], within(1e-5));
        assertThat(k == 0 || near.cosines()[k] <= near.cosines()[k - 1]).isTrue();
      }
      double best = -1;
      for (int w = 0; w < WORDS; w++) {
        best = w == 5 ? best : Math.max(best, cosines[5][w]);
      }
      assertThat(near.cosines()[0]).isCloseTo(best, within(1e-5));
    }
  }

  @Test
  void wordsOfTheQuestionAreNoAnswers() {
    Analogies.Builder builder = new Analogies.Builder(CORPUS.vocabulary());
    builder.question("w1", "w2", "w3", "w2");
    try (Backend backend = Backends.cpu()) {
      WordCourse course =
          TrainedRows.of(training(OPTIONS, builder.build(), 0), backend).courses.get(0);
      assertThat(course.ranks().get(0)).containsExactly(WORDS);
      assertThat(course.ranks().get(1)).containsExactly(WORDS);
    }
  }

  private static double score(double[][] cosines, Analogies.Question asked, int w) {
    return cosines[asked.b()][w] - cosines[asked.a()][w] + cosines[asked.c()][w];
  }

  @Test
  void productsOfVocabulariesOfAnySizeFitIntoAnArray() {
    for (int words : new int[] {1, 500, 3_000_000, 50_000_000}) {
      for (MemoryPlan.Entry entry :
          WordNetwork.plan(words, OptionalInt.of(10), OPTIONS, 100).entries()) {
        long numbers = (long) entry.rows() * entry.columns();
        assertThat(numbers).as("%s, %d words", entry.label(), words).isLessThan(Integer.MAX_VALUE);
      }
    }
  }

  @Test
  void threadsChangeNoBit() {
    TrainedRows first = null;
    for (int threads = 1; threads <= 3; threads++) {
      try (Backend backend =
          Backends.open("cpu", new BackendOptions(threads, Long.MAX_VALUE), notice -> {})) {
        TrainedRows rows = TrainedRows.of(training(OPTIONS, Analogies.none(), 2048), backend);
        first = first == null ? rows : first;
        assertThat(rows.inputs.get("2048")).isDeepEqualTo(first.inputs.get("2048"));
        assertThat(rows.outputs.get("2048")).isDeepEqualTo(first.outputs.get("2048"));
      }
    }
  }

  @Test
  void resumedRunGivesTheBitsOfTheWholeOne() {
    WordTraining training =
        new WordTraining(
            ToyCorpus.of(WORDS, 30_000, 4),
            new WordOptions(3, 5, 1e-2, 2, 0.1, 0, 4, 7),
            TrainedRows.widths(0, 16),
            Analogies.none(),
            List.of(3));
    try (Backend backend = Backends.cpu()) {
      TrainedRows whole = TrainedRows.of(training, backend);
      for (long report : new long[] {0, 1, 3, 6, 9, 12}) {
        SavedStates states = new SavedStates();
        TrainedRows first = new TrainedRows();
        assertThat(training.run(backend, states.stopping(report), first)).isEmpty();
        TrainedRows second = new TrainedRows();
        Optional<List<WordCourse>> courses =
            training.run(backend, states.from(states.count() - 1), second);
        assertThat(courses).isPresent();
        for (int i = 0; i < 2; i++) {
          assertThat(courses.get().get(i).losses()).isEqualTo(whole.courses.get(i).losses());
          assertThat(courses.get().get(i).neighbours().get(0).cosines())
              .isEqualTo(whole.courses.get(i).neighbours().get(0).cosines());
        }
        assertThat(second.inputs.get("16")).isDeepEqualTo(whole.inputs.get("16"));
        assertThat(second.outputs.get("16")).isDeepEqualTo(whole.outputs.get("16"));
        boolean before = first.inputs.containsKey("inf");
        assertThat((before ? first : second).inputs.get("inf"))
            .isDeepEqualTo(whole.inputs.get("inf"));
      }
    }
  }

  @Test
  void batchesOfManyPositionsStayNearTheSequentialProgram() {
    try (Backend backend = Backends.cpu()) {
      double[][] one =
          TrainedRows.of(training(small(1), Analogies.none(), 0), backend).logits("inf");
      double size = TrainedRows.distance(one, new double[WORDS][WORDS]);
      double[] off = new double[3];
      for (int i = 0; i < off.length; i++) {
        off[i] =
            TrainedRows.distance(
                    TrainedRows.of(training(small(4 << (2 * i)), Analogies.none(), 0), backend)
                        .logits("inf"),
                    one)
                / size;
      }
      assertThat(off[0]).isGreaterThan(0).isLessThan(off[1]);
      assertThat(off[1]).isLessThan(off[2]);
      assertThat(off[0]).isLessThan(0.1);
    }
  }

  private static WordOptions small(int batch) {
    return new WordOptions(3, 5, 0, 1, 0.05, 0, batch, 7);
  }

  @Test
  void rowsThatGrowBeyondAllNumbersAreFound() {
    WordOptions wild = new WordOptions(3, 5, 0, 3, 900, 0, 40, 7);
    try (Backend backend = Backends.cpu()) {
      WordCourse course =
          TrainedRows.of(training(wild, Analogies.none(), 0), backend).courses.get(0);
      assertThat(course.isFinite()).isFalse();
      assertThat(course.losses()).hasSizeLessThanOrEqualTo(3);
    }
  }
}
