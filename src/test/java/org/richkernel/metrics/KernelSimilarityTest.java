package org.richkernel.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class KernelSimilarityTest {
  @Test
  void kernelsThatAreEqualUpToAFactorHaveCosineOne() {
    KernelSimilarity seen =
        KernelSimilarity.of(new double[] {2, 1, 1, 3}, new double[] {1, 0.5, 0.5, 1.5});
    assertThat(seen.cosine()).isCloseTo(1, within(1e-15));
    assertThat(seen.frobeniusRatio()).isCloseTo(2, within(1e-15));
    assertThat(seen.relativeError()).isCloseTo(1, within(1e-15));
  }

  @Test
  void orthogonalKernelsHaveCosineZero() {
    KernelSimilarity seen = KernelSimilarity.of(new double[] {3, 0}, new double[] {0, 4});
    assertThat(seen.cosine()).isZero();
    assertThat(seen.frobeniusRatio()).isEqualTo(0.75);
    assertThat(seen.relativeError()).isEqualTo(1.25);
  }

  @Test
  void kernelsOfDifferentSizesAreRefused() {
    assertThatThrownBy(() -> KernelSimilarity.of(new double[1], new double[4]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("kernels of 1 and 4 entries cannot be compared");
  }
}
