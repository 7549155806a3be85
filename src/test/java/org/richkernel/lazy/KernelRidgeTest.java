package org.richkernel.lazy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Targets;

class KernelRidgeTest {
  private static Backend backend;

  @BeforeAll
  static void open() {
    backend = Backends.cpu();
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  @Test
  void coefficientsMatchLuDecompositionForSeveralOutputs() {
    int p = 12;
    RealMatrix x = new Array2DRowRealMatrix(p, 20);
    double[] values = RandomInputs.of(p, 20, 4).toArray();
    for (int i = 0; i < values.length; i++) {
      x.setEntry(i / 20, i % 20, values[i]);
    }
    RealMatrix kernel = x.multiply(x.transpose()).scalarMultiply(1.0 / 20);
    double[] y = RandomInputs.of(p, 3, 9).toArray();

    RidgeFit fit = KernelRidge.fit(backend, "test kernel", flat(kernel), 0.07, Targets.of(y, p, 3));

    RealMatrix system = kernel.add(MatrixUtils.createRealIdentityMatrix(p).scalarMultiply(0.07));
    RealMatrix right = new Array2DRowRealMatrix(p, 3);
    for (int i = 0; i < y.length; i++) {
      right.setEntry(i / 3, i % 3, y[i]);
    }
    RealMatrix exact = new LUDecomposition(system).getSolver().solve(right);
    assertThat(fit.coefficients()).containsExactly(flat(exact), within(1e-11));
    assertThat(fit.jitter()).isZero();
    assertThat(fit.rejectedJitters()).isEmpty();
    assertThat(fit.residual()).isLessThan(1e-13);
  }

  @Test
  void invertibleKernelNeedsNoRidgeAndNoJitter() {
    RidgeFit fit =
        KernelRidge.fit(
            backend, "k", new double[] {2, 1, 1, 2}, 0, Targets.of(new double[] {3, 0}));

    assertThat(fit.coefficients()).containsExactly(new double[] {2, -1}, within(1e-14));
    assertThat(fit.jitter()).isZero();
  }

  @Test
  void contradictingDuplicatesWithoutRidgeAreAveragedUnderARecordedJitter() {
    double[] kernel = {1, 1, 0.5, 1, 1, 0.5, 0.5, 0.5, 2};
    RidgeFit fit = KernelRidge.fit(backend, "k", kernel, 0, Targets.of(new double[] {1, -1, 4}));

    assertThat(fit.jitter()).isBetween(1e-12, 1e-7);
    assertThat(fit.converged()).as("the two targets are not met").isFalse();
    assertThat(fit.rejectedJitters()).isNotEmpty().startsWith(0.0);
    double[] c = fit.coefficients();
    double prediction = c[0] + c[1] + 0.5 * c[2];
    assertThat(prediction).isCloseTo(0, within(1e-4));
    assertThat(0.5 * (c[0] + c[1]) + 2 * c[2]).isCloseTo(4, within(1e-4));
  }

  @Test
  void agreeingDuplicatesWithoutRidgeAreFittedAsIfThereWereOne() {
    double[] kernel = {1, 1, 0.5, 1, 1, 0.5, 0.5, 0.5, 2};
    RidgeFit fit = KernelRidge.fit(backend, "k", kernel, 0, Targets.of(new double[] {1, 1, 4}));

    assertThat(fit.converged()).isTrue();
    double[] c = fit.coefficients();
    assertThat(c[0] + c[1] + 0.5 * c[2]).isCloseTo(1, within(1e-9));
    assertThat(0.5 * (c[0] + c[1]) + 2 * c[2]).isCloseTo(4, within(1e-9));
  }

  @Test
  void jitterScalesWithTheKernel() {
    double[] kernel = {1e6, 1e6, 1e6, 1e6};
    RidgeFit fit = KernelRidge.fit(backend, "k", kernel, 0, Targets.of(new double[] {1, -1}));

    assertThat(fit.jitter()).isBetween(1e-7, 1e-1);
  }

  @Test
  void indefiniteKernelIsRefusedWithItsSmallestEigenvalue() {
    // eigenvalues 1 +- 1.24
    NotPositiveDefiniteException thrown =
        catchThrowableOfType(
            NotPositiveDefiniteException.class,
            () ->
                KernelRidge.fit(
                    backend,
                    "NNGP kernel",
                    new double[] {1, 1.24, 1.24, 1},
                    0.1,
                    Targets.of(new double[] {1, -1})));

    assertThat(thrown.smallestEigenvalue()).isCloseTo(-0.14, within(1e-12));
    assertThat(thrown).hasMessageContaining("NNGP kernel").hasMessageContaining("raise kappa");
  }

  @Test
  void slightlyIndefiniteKernelBeyondTheLadderIsRefused() {
    double[] kernel = {1, 1 + 1e-6, 1 + 1e-6, 1};

    assertThatThrownBy(
            () -> KernelRidge.fit(backend, "k", kernel, 0, Targets.of(new double[] {1, 2})))
        .isInstanceOfSatisfying(
            NotPositiveDefiniteException.class,
            e -> assertThat(e.smallestEigenvalue()).isCloseTo(-1e-6, within(1e-12)));
  }

  @Test
  void zeroKernelNeedsARidge() {
    Targets y = Targets.of(new double[] {1, 2});
    assertThatThrownBy(() -> KernelRidge.fit(backend, "k", new double[4], 0, y))
        .isInstanceOf(NotPositiveDefiniteException.class);

    assertThat(KernelRidge.fit(backend, "k", new double[4], 0.5, y).coefficients())
        .containsExactly(new double[] {2, 4}, within(1e-14));
  }

  @Test
  void badNumbersAreRefusedByName() {
    Targets y = Targets.of(new double[] {1, 2});
    assertThatThrownBy(
            () -> KernelRidge.fit(backend, "NTK kernel", new double[] {1, 0, 0, Double.NaN}, 1, y))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("NTK kernel");
    assertThatThrownBy(() -> KernelRidge.fit(backend, "k", new double[4], -1, y))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("kappa");
    assertThatThrownBy(() -> KernelRidge.fit(backend, "k", new double[3], 1, y))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void zeroTargetsGiveZeroCoefficients() {
    RidgeFit fit =
        KernelRidge.fit(
            backend, "k", new double[] {2, 1, 1, 2}, 0, Targets.of(new double[] {0, 0}));

    assertThat(fit.coefficients()).containsExactly(0, 0);
    assertThat(fit.residual()).isZero();
  }

  private static double[] flat(RealMatrix matrix) {
    double[] values = new double[matrix.getRowDimension() * matrix.getColumnDimension()];
    for (int i = 0; i < values.length; i++) {
      values[i] = matrix.getEntry(i / matrix.getColumnDimension(), i % matrix.getColumnDimension());
    }
    return values;
  }
}
