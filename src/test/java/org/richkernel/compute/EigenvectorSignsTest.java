package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EigenvectorSignsTest {
  /** Columns (1, -3, 2), (-1, 2, 3) and (0, 0, 0). */
  private static final double[] VECTORS = {1, -1, 0, -3, 2, 0, 2, 3, 0};

  @Test
  void theEntryOfLargestMagnitudeDecides() {
    assertThat(EigenvectorSigns.of(VECTORS, 3)).containsExactly(-1, 1, 1);
  }

  @Test
  void ofEntriesThatAreEqualButForRoundingTheFirstDecides() {
    double[] vectors = {-1, 1, 1 + 1e-9, -1 - 1e-9};
    assertThat(EigenvectorSigns.of(vectors, 2)).containsExactly(-1, 1);
  }

  @Test
  void aVectorThatIsTurnedRoundHasTheOtherSign() {
    double[] turned = VECTORS.clone();
    for (int i = 0; i < 3; i++) {
      turned[3 * i] *= -1;
    }
    assertThat(EigenvectorSigns.of(turned, 3)).containsExactly(1, 1, 1);
  }
}
