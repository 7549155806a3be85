package org.richkernel.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class QuasiNewtonDescentTest {

  @Test
  void bentValleyIsFollowedToItsEnd() {
    QuasiNewtonDescent.End end =
        QuasiNewtonDescent.descend(
            (x, g) -> {
              double bend = x[1] - x[0] * x[0];
              g[0] = -400 * x[0] * bend - 2 * (1 - x[0]);
              g[1] = 200 * bend;
              return 100 * bend * bend + (1 - x[0]) * (1 - x[0]);
            },
            new double[] {-1.2, 1},
            1e-12,
            200);

    assertThat(end.x()[0]).isCloseTo(1, within(1e-9));
    assertThat(end.x()[1]).isCloseTo(1, within(1e-9));
    assertThat(end.steps()).isLessThan(100);
  }

  /** x - ln x with a minimum at 1, a wide scale beside it, and a domain that ends at 0. */
  @Test
  void noStepLeavesTheDomain() {
    QuasiNewtonDescent.End end =
        QuasiNewtonDescent.descend(
            (x, g) -> {
              if (!(x[0] > 0)) {
                return Double.POSITIVE_INFINITY;
              }
              g[0] = 1 - 1 / x[0];
              g[1] = 1e4 * x[1];
              return x[0] - Math.log(x[0]) + 5e3 * x[1] * x[1];
            },
            new double[] {1e-3, 1},
            1e-12,
            200);

    assertThat(end.x()[0]).isCloseTo(1, within(1e-10));
    assertThat(end.slope()).isLessThan(1e-10);
  }

  @Test
  void budgetIsKept() {
    QuasiNewtonDescent.End end =
        QuasiNewtonDescent.descend(
            (x, g) -> {
              g[0] = Math.cosh(x[0]);
              return Math.sinh(x[0]);
            },
            new double[] {5},
            0,
            7);

    assertThat(end.steps()).isEqualTo(7);
  }
}
