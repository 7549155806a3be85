package org.richkernel.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.richkernel.network.InvalidProblemException;

class DatasetTest {
  @Test
  void arraysInMemoryBecomeRowMajorPoints() {
    double[][] x = {{1, 2, 3}, {4, 5, 6}};
    Dataset set = Dataset.of(x, new double[][] {{7, 8}, {9, 10}});
    assertThat(set.points()).isEqualTo(2);
    assertThat(set.inputDimension()).isEqualTo(3);
    assertThat(set.outputs()).isEqualTo(2);
    assertThat(set.inputs()).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(set.input(1, 2)).isEqualTo(6);
    assertThat(set.target(1, 0)).isEqualTo(9);
    assertThat(Dataset.of(x, new double[] {-1, 1}).labels().orElseThrow()).containsExactly(0, 1);
    assertThat(Dataset.of(new double[4], new double[2], 2).inputDimension()).isEqualTo(2);
  }

  @Test
  void changesToArraysOutsideDoNotReachTheDataset() {
    double[] x = {1, 2};
    double[] y = {3, 4};
    Dataset set = Dataset.of(x, y, 2);
    x[0] = 9;
    y[0] = 9;
    set.inputs()[1] = 9;
    set.targets()[1] = 9;
    assertThat(set.inputs()).containsExactly(1, 2);
    assertThat(set.targets()).containsExactly(3, 4);
  }

  @Test
  void arraysThatDoNotFitAreRefused() {
    double[][] x = {{1, 2}, {3, 4}};
    assertThatThrownBy(() -> Dataset.of(x, new double[3]))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage("y is 3 rows; give one for each of 2");
    assertThatThrownBy(() -> Dataset.of(new double[][] {{1, 2}, {3}}, new double[2]))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage("x is ragged: row 2 has 1 columns; give every row 2");
    assertThatThrownBy(() -> Dataset.of(new double[][] {{1, 2}, {3, Double.NaN}}, new double[2]))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage("x is NaN at row 2, column 2; every value must be finite");
    assertThatThrownBy(() -> Dataset.of(new double[0][], new double[0]))
        .isInstanceOf(InvalidProblemException.class);
    assertThatThrownBy(() -> Dataset.of(new double[5], new double[2], 2))
        .isInstanceOf(InvalidProblemException.class);
    assertThatThrownBy(() -> Dataset.of(x, new double[2]).input(2, 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Dataset.of(x, new double[2]).input(0, 2))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }
}
