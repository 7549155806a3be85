package org.richkernel.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class InputsTest {

  @Test
  void rowsAreReadInRowMajorOrder() {
    Inputs inputs = Inputs.of(new double[] {1, 2, 3, 4, 5, 6}, 3, 2);

    assertThat(inputs.at(1, 0)).isEqualTo(3);
    assertThat(inputs.copyRows(1, 2)).containsExactly(3, 4, 5, 6);
    assertThat(inputs.meanSquare(2)).isEqualTo(30.5);
  }

  @Test
  void notANumberIsRefusedWithItsPlace() {
    assertThatThrownBy(() -> Inputs.of(new double[] {1, 2, 3, Double.NaN}, 2, 2))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("row 1, column 1");
    assertThatThrownBy(() -> Targets.of(new double[] {1, Double.POSITIVE_INFINITY}))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("row 1");
  }

  @Test
  void lengthThatDoesNotFitIsRefused() {
    assertThatThrownBy(() -> Inputs.of(new double[5], 2, 2))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("2 x 2");
    assertThatThrownBy(() -> Targets.of(new double[5], 2, 2))
        .isInstanceOf(InvalidProblemException.class);
  }
}
