package org.richkernel.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.richkernel.network.Targets;

class CentredAlignmentTest {
  private static final Targets CLASSES =
      Targets.of(new double[] {1, 0, 1, 0, 0, 1, 0, 1, 0, 1}, 5, 2);

  private static double[] labels() {
    double[] kernel = new double[25];
    for (int i = 0; i < 25; i++) {
      for (int k = 0; k < 2; k++) {
        kernel[i] += CLASSES.at(i / 5, k) * CLASSES.at(i % 5, k);
      }
    }
    return kernel;
  }

  @Test
  void theKernelOfTheLabelsIsAlignedWhateverIsAddedToAllOfIt() {
    double[] kernel = labels();
    assertThat(CentredAlignment.of(kernel, CLASSES)).isCloseTo(1, within(1e-14));
    for (int i = 0; i < 25; i++) {
      kernel[i] = 3 * kernel[i] + 7;
    }
    assertThat(CentredAlignment.of(kernel, CLASSES)).isCloseTo(1, within(1e-14));
    assertThat(CentredAlignment.of(new double[25], CLASSES)).isZero();
  }

  /** A hand calculation: two points of opposite labels and the unit matrix. */
  @Test
  void twoPointsOfTheUnitMatrix() {
    Targets y = Targets.of(new double[] {1, -1, 0});
    double[] unit = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    // H has norm sqrt(2), y y^T norm 2 and y^T H y = 2
    assertThat(CentredAlignment.of(unit, y)).isCloseTo(1 / Math.sqrt(2), within(1e-14));
  }
}
