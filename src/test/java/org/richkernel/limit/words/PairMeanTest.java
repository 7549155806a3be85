package org.richkernel.limit.words;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Errors of accuracies over questions that share their pairs. */
class PairMeanTest {
  /** All ordered pairs of pairs in each section. */
  private static Analogies questions(int... pairs) {
    List<String> sections = new ArrayList<>();
    List<Analogies.Question> questions = new ArrayList<>();
    List<Integer> owners = new ArrayList<>();
    for (int s = 0; s < pairs.length; s++) {
      sections.add("s" + s);
      int first = owners.size();
      for (int i = 0; i < pairs[s]; i++) {
        owners.add(s);
      }
      for (int i = 0; i < pairs[s]; i++) {
        for (int j = 0; j < pairs[s]; j++) {
          if (i != j) {
            questions.add(new Analogies.Question(0, 1, 2, 3, s, first + i, first + j));
          }
        }
      }
    }
    return new Analogies(sections, questions, owners, 0);
  }

  @Test
  void errorOfNumbersOfPairsIsThatOfTheirMean() {
    // values x_i + x_j have the mean 2 mean(x), whose standard error is 2 s / sqrt(n)
    int n = 12;
    Analogies analogies = questions(n);
    Random random = new Random(4);
    double[] x = random.doubles(n).toArray();
    double mean = java.util.Arrays.stream(x).average().orElseThrow();
    double variance = java.util.Arrays.stream(x).map(v -> (v - mean) * (v - mean)).sum() / (n - 1);
    double[] values =
        analogies.questions().stream().mapToDouble(q -> x[q.given()] + x[q.asked()]).toArray();
    PairMean found = PairMean.of(analogies, values);
    assertThat(found.value()).isCloseTo(2 * mean, within(1e-12));
    assertThat(found.standardError()).isCloseTo(2 * Math.sqrt(variance / n), within(1e-12));
    assertThat(found.questions()).isEqualTo(n * (n - 1));
    assertThat(found.pairs()).isEqualTo(n);
  }

  @Test
  void twoStandardErrorsHoldTheTruthAboutAsOftenAsTheyShould() {
    int seeds = 400;
    int inside = 0;
    int naive = 0;
    Analogies analogies = questions(20, 25, 12);
    double[] offsets = {0.6, -0.4, -1.2};
    double truth = truth(analogies, offsets);
    for (int seed = 0; seed < seeds; seed++) {
      double[] right = right(analogies, offsets, new Random(seed));
      PairMean found = PairMean.of(analogies, right);
      inside += Math.abs(found.value() - truth) <= 2 * found.standardError() ? 1 : 0;
      double binomial = Math.sqrt(found.value() * (1 - found.value()) / right.length);
      naive += Math.abs(found.value() - truth) <= 2 * binomial ? 1 : 0;
    }
    // 95.4 % with a binomial error of 1.05 %
    assertThat(inside / (double) seeds).isBetween(0.92, 0.985);
    assertThat(naive / (double) seeds).isLessThan(0.7);
  }

  private static double truth(Analogies analogies, double[] offsets) {
    double sum = 0;
    int repeats = 400;
    for (int i = 0; i < repeats; i++) {
      sum += PairMean.of(analogies, right(analogies, offsets, new Random(10_000 + i))).value();
    }
    return sum / repeats;
  }

  private static double[] right(Analogies analogies, double[] offsets, Random random) {
    double[] given = random.doubles(analogies.pairs()).map(u -> 2 * u - 1).toArray();
    double[] asked = random.doubles(analogies.pairs()).map(u -> 4 * u - 2).toArray();
    return analogies.questions().stream()
        .mapToDouble(
            q ->
                given[q.given()] + asked[q.asked()] + offsets[q.section()] + random.nextGaussian()
                        > 0
                    ? 1
                    : 0)
        .toArray();
  }

  @Test
  void tooFewPairsHaveNoError() {
    Analogies analogies = questions(2, 5);
    double[] right = new double[analogies.questions().size()];
    right[0] = 1;
    assertThat(PairMean.of(analogies, right, 0).standardError()).isNaN();
    assertThat(PairMean.of(analogies, right, 0).value()).isEqualTo(0.5);
    // 5 pairs are all wrong with probability 5 % where a share of .451 is right
    assertThat(1.959964 * PairMean.of(analogies, right, 1).standardError())
        .isCloseTo(0.4507, within(1e-4));
  }
}
