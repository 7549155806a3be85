package org.richkernel.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.richkernel.network.Targets;

class ScoresTest {

  @Test
  void signsOfTwoClassesAreCounted() {
    Scores scores =
        Scores.of(Targets.of(new double[] {1, -1, 1, -1}), new double[] {0.5, -2, -0.1, 0});

    assertThat(scores.loss()).isCloseTo((0.25 + 1 + 1.21 + 1) / 4, within(1e-15));
    // right, right, wrong, and a prediction of 0 that counts one half
    assertThat(scores.accuracy()).hasValue(0.625);
  }

  @Test
  void scoresAreSaidInWords() {
    Targets classes = Targets.of(new double[] {1, -1});
    assertThat(Scores.of(classes, new double[] {0.5, 0.5}))
        .hasToString("loss 1.250, accuracy 0.5000");
    assertThat(Scores.of(Targets.of(new double[] {2, 3}), new double[] {2, 2}))
        .hasToString("loss 0.5000");
  }

  @Test
  void predictionsOfTheSizeOfRoundingCountOneHalf() {
    Targets targets = Targets.of(new double[] {1, -1, 1, -1});
    double[] f = {3e-13, 3e-13, -4e-11, -4e-11};

    assertThat(Scores.of(targets, f).accuracy()).hasValue(0.5);
    assertThat(Scores.of(Targets.of(new double[] {1, 1}), new double[] {2e-12, -2e-12}).accuracy())
        .hasValue(0.5);
    assertThat(Scores.of(Targets.of(new double[] {1}), new double[] {2e-12}).accuracy())
        .hasValue(1);
    assertThat(Scores.of(Targets.of(new double[] {1}), new double[] {2e-12}, 3).accuracy())
        .hasValue(0.5);
    assertThat(Scores.terms(new double[] {2, 5, 3}, new double[] {1, -4, 0.5})).isEqualTo(27.5);
  }

  @Test
  void equalLargestOutputsShareThePoint() {
    Targets targets = Targets.of(new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, 3, 3);
    double[] f = {0.5, 0.5 + 1e-14, 0.1, 0.2, 0.2 - 1e-15, 0.2, 0.4, 0.4, 0.3};

    assertThat(Scores.of(targets, f).accuracy().orElseThrow())
        .isCloseTo((0.5 + 1.0 / 3 + 0) / 3, within(1e-15));
  }

  @Test
  void largestOutputDecidesBetweenSeveralClasses() {
    Targets targets = Targets.of(new double[] {1, 0, 0, 0, 0, 1}, 2, 3);
    Scores scores = Scores.of(targets, new double[] {0.2, 0.1, 0, 0.9, 0, 0.8});

    assertThat(scores.accuracy()).hasValue(0.5);
    assertThat(scores.loss()).isCloseTo((0.64 + 0.01 + 0 + 0.81 + 0 + 0.04) / 6, within(1e-15));
  }

  @Test
  void oneAgainstRestWithNegativeTargetsIsAClassificationToo() {
    Targets targets = Targets.of(new double[] {-1, 1, 1, -1}, 2, 2);

    assertThat(Scores.of(targets, new double[] {0, 1, 0, 1}).accuracy()).hasValue(0.5);
  }

  @Test
  void realTargetsHaveNoAccuracy() {
    assertThat(Scores.of(Targets.of(new double[] {0.5, 1}), new double[] {1, 1}).accuracy())
        .isEmpty();
    assertThat(
            Scores.of(Targets.of(new double[] {1, 0, 3, 0, 1, 2}, 2, 3), new double[6]).accuracy())
        .isEmpty();
  }

  @Test
  void noPointsHaveZeroLossAndNoAccuracy() {
    Scores scores = Scores.of(Targets.of(new double[0]), new double[0]);

    assertThat(scores.loss()).isZero();
    assertThat(scores.accuracy()).isEmpty();
  }

  @Test
  void predictionsOfAnotherShapeAreRefused() {
    assertThatThrownBy(() -> Scores.of(Targets.of(new double[] {1}), new double[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 predictions do not fit 1 x 1");
  }
}
