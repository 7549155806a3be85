package org.richkernel.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What chains are refused for, in words. */
class MixingTest {
  private static List<MonteCarloSeries> chains(int length, double apart) {
    Random random = new Random(length);
    MonteCarloSeries one = new MonteCarloSeries();
    MonteCarloSeries other = new MonteCarloSeries();
    for (int i = 0; i < length; i++) {
      one.add(random.nextGaussian());
      other.add(apart + random.nextGaussian());
    }
    return List.of(one, other);
  }

  private static Mixing of(int length, double apart) {
    return Mixing.none().with("y.v", chains(length, apart)).with("trace", chains(length, 0));
  }

  /** Three numbers of a chain have no halves; no R-hat of theirs is printed. */
  @Test
  void chainsThatAreTooShortToTellAreSaidToBe() {
    assertThat(of(3, 0).failures())
        .containsExactly("too few sweeps to judge whether the chains agree");
    assertThat(of(3, 0).holds()).isFalse();
  }

  @Test
  void theFirstFailureInShortHasTheNumbersOfItsLine() {
    Mixing apart = new Mixing(1.1234, "y.v", 4, 8, "trace");
    assertThat(FailedCriterion.brief(apart.failed())).isEqualTo("R-hat 1.123 > 1.05 and 1 more");
    assertThat(apart.failed().get(1).brief()).isEqualTo("autocorrelation times 8.0 < 20");
    assertThat(apart.failures().get(0)).contains("R-hat 1.123").contains("1.05");
    assertThat(FailedCriterion.brief(of(1000, 0).failed())).isEmpty();
  }

  /** Frozen chains have no spread of their own to compare with. */
  @Test
  void chainsThatAreFrozenApartAreSaidToBeStuck() {
    MonteCarloSeries one = new MonteCarloSeries();
    MonteCarloSeries other = new MonteCarloSeries();
    for (int i = 0; i < 100; i++) {
      one.add(1);
      other.add(2);
    }
    Mixing frozen = Mixing.none().with("y.v", List.of(one, other));
    assertThat(frozen.holds()).isFalse();
    assertThat(frozen.failures())
        .contains("the chains disagree and none of them moves: y.v is stuck")
        .noneMatch(line -> line.contains("Infinity") || line.contains("NaN"));
  }

  @Test
  void theOtherFailuresNameTheirNumber() {
    assertThat(of(1000, 0).failures()).isEmpty();
    assertThat(of(1000, 1).failures()).anyMatch(line -> line.startsWith("the chains disagree: R-"));
    assertThat(of(12, 0).failures()).anyMatch(line -> line.startsWith("the chains are too short"));
  }
}
