package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;

class KernelModesTest {
  private static final int P = 7;

  /** Five of seven eigenvalues are positive: C v = U (lambda o U^T v) and U U^T = 1 hold still. */
  @Test
  void modesDiagonalizeAKernelOfLowerRank() {
    Random random = new Random(1);
    RealMatrix x = new Array2DRowRealMatrix(P, 5);
    double[] y = random.doubles(2 * P, -1, 1).toArray();
    for (int i = 0; i < P; i++) {
      x.setRow(i, random.doubles(5, -1, 1).toArray());
    }
    RealMatrix product = x.multiply(x.transpose());
    double[] c = new double[P * P];
    for (int i = 0; i < c.length; i++) {
      c[i] = product.getEntry(i / P, i % P);
    }
    try (Backend backend = Backends.cpu()) {
      KernelModes modes = KernelModes.of(backend, c, y, 2);
      assertThat(modes.points()).isEqualTo(P);
      double[] inModes = modes.inModes(backend, c, P); // C U = U diag(lambda)
      for (int k = 0; k < P; k++) {
        assertThat(modes.lambda(k)).isNotNegative();
        for (int i = 0; i < P; i++) {
          assertThat(inModes[i * P + k])
              .isCloseTo(modes.lambda(k) * modes.vector(i, k), within(1e-13));
        }
      }
      assertThat(modes.lambda(1)).isLessThan(1e-13);
      assertThat(modes.lambda(2)).isGreaterThan(1e-3);
      for (int o = 0; o < 2; o++) {
        double[] targets = modes.targets(o == 0 ? new double[] {1, 0} : new double[] {0, 1});
        double[] back = modes.toPoints(targets);
        for (int i = 0; i < P; i++) {
          assertThat(targets[i]).isEqualTo(modes.target(i, o));
          assertThat(back[i]).isCloseTo(y[2 * i + o], within(1e-13));
        }
      }
    }
  }
}
