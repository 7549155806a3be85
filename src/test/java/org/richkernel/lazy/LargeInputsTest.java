package org.richkernel.lazy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.network.UnresolvedKernelException;

/**
 * Columns as they come, of 1e5 beside 10: the mean of the kernel's diagonal is 5.8e8, the ridge
 * 1e-3. The values of reference solve the system of the arc-cosine kernel by LU in 60 digits.
 */
class LargeInputsTest {
  private static final int P = 24;
  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.cpu();
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static Inputs rows(int first, int count) {
    double[] x = new double[3 * count];
    for (int n = 0; n < count; n++) {
      int i = first + n;
      x[3 * n] = 20 + 7 * i % 50;
      x[3 * n + 1] = 10000 + 3700 * i % 90000 + 100 * (13 * i % 17);
      x[3 * n + 2] = 5 * i % 6;
    }
    return Inputs.of(x, count, 3);
  }

  private static LazyProblem problem(double kappa) {
    double[] y = new double[P];
    for (int i = 0; i < P; i++) {
      y[i] = 11 * i % 9 - 4 + 0.5 * (3 * i % 4);
    }
    return LazyProblem.of(
            NetworkSpec.of(1, Activation.RELU), KernelKind.NNGP, kappa, rows(0, P), Targets.of(y))
        .withTestInputs(rows(100, 3));
  }

  @Test
  void aRidgeFarBelowTheKernelIsSolvedWithoutAJitter() {
    LazySolution solution = new LazySolver(backend, problem(1e-3)).solve();

    assertThat(solution.fit().jitter()).isZero();
    assertThat(solution.fit().converged()).isTrue();
    assertThat(solution.trainScores().loss()).isCloseTo(5.5378301013882891, within(5e-3));
    double[] f = {0.83496733494057767, 0.15895479006872089, -0.56655623846270418};
    assertThat(solution.testPredictions()).containsExactly(f, within(3e-3));
  }

  @Test
  void aRidgeWithinTheRoundingOfTheKernelIsRefusedWithBothNumbers() {
    for (double kappa : new double[] {2e-5, 1e-7, 1e-12}) {
      assertThatThrownBy(() -> new LazySolver(backend, problem(kappa)).solve())
          .isInstanceOf(UnresolvedKernelException.class)
          .hasMessageContaining("mean |x|^2/D = 1.2e+09")
          .hasMessageContaining("jitter of 1.6e-06")
          .hasMessageContaining(String.format(java.util.Locale.ROOT, "kappa = %.2g", kappa));
    }
  }

  @Test
  void aTinyRidgeOnAWellConditionedKernelIsNoReasonToRefuse() {
    double[] kernel = {2, 1, 1, 2};
    RidgeFit fit = KernelRidge.fit(backend, "k", kernel, 1e-30, Targets.of(new double[] {3, 0}));

    assertThat(fit.coefficients()).containsExactly(new double[] {2, -1}, within(1e-14));
    assertThat(fit.jitter()).isZero();
  }
}
