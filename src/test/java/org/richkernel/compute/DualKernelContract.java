package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.apache.commons.math3.analysis.UnivariateFunction;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegrator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;
import org.junit.jupiter.api.Test;

/** Expectations over Gaussian pairs, against quadrature. */
interface DualKernelContract extends ContractSubject {
  /** Keeps the rules that it has computed. */
  GaussIntegratorFactory QUADRATURE = new GaussIntegratorFactory();

  /** Pairs (Var u, Var v, correlation). */
  double[][] PAIRS = {
    {1, 1, 0},
    {1, 1, 0.3},
    {2, 0.5, -0.6},
    {0.3, 4, 0.9},
    {1.7, 1.7, 1},
    {0.8, 0.8, -1},
    {0, 1, 0},
    {0, 0, 0}
  };

  /** E[f(v)] for a standard normal, by Gauss-Legendre on pieces between kinks. */
  private static double gaussian(UnivariateFunction f, double[] kinks) {
    double total = 0;
    double[] ends = new double[kinks.length + 2];
    ends[0] = -9;
    ends[ends.length - 1] = 9;
    System.arraycopy(kinks, 0, ends, 1, kinks.length);
    java.util.Arrays.sort(ends);
    for (int i = 0; i + 1 < ends.length; i++) {
      if (ends[i + 1] > ends[i] && ends[i] >= -9 && ends[i + 1] <= 9) {
        GaussIntegrator rule = QUADRATURE.legendre(60, ends[i], ends[i + 1]);
        total += rule.integrate(z -> f.value(z) * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI));
      }
    }
    return total;
  }

  /** E[f(u) f(v)] with u = sqrt(a) x, v = sqrt(b) (rho x + sqrt(1 - rho^2) y). */
  private static double expectation(
      UnivariateFunction f, double a, double b, double rho, boolean kinked) {
    double rest = Math.sqrt(Math.max(0, 1 - rho * rho));
    return gaussian(
        x -> {
          double u = Math.sqrt(a) * x;
          double[] kinks =
              kinked && rest > 0
                  ? new double[] {Math.max(-9, Math.min(9, -rho * x / rest))}
                  : new double[0];
          return f.value(u) * gaussian(y -> f.value(Math.sqrt(b) * (rho * x + rest * y)), kinks);
        },
        new double[] {0});
  }

  @Test
  default void closedFormsMatchQuadrature() {
    int n = PAIRS.length;
    for (Activation f : Activation.all().stream().filter(Activation::hasClosedDual).toList()) {
      for (double[] pair : PAIRS) {
        Host c = new Host(1, 1);
        c.set(0, 0, pair[2] * Math.sqrt(pair[0] * pair[1]));
        Host a = new Host(1, 1);
        a.set(0, 0, pair[0]);
        Host b = new Host(1, 1);
        b.set(0, 0, pair[1]);
        try (Matrix cov = c.on(backend(), Precision.FLOAT64, "c");
            Matrix row = a.on(backend(), Precision.FLOAT64, "a");
            Matrix column = b.on(backend(), Precision.FLOAT64, "b");
            Matrix slope = backend().allocate(Precision.FLOAT64, 1, 1, "slope")) {
          backend().dualActivation(f, cov, row, column, cov, slope);
          boolean kinked = f.hasKink();
          // quadrature in two dimensions, nested: better than 1e-7 with the kinks split out
          assertThat(Host.from(backend(), cov).at(0, 0))
              .as("%s value, pair %s of %s", f, java.util.Arrays.toString(pair), n)
              .isCloseTo(expectation(f::value, pair[0], pair[1], pair[2], kinked), within(1e-6));
          assertThat(Host.from(backend(), slope).at(0, 0))
              .as("%s slope, pair %s", f, java.util.Arrays.toString(pair))
              .isCloseTo(
                  expectation(f::derivative, pair[0], pair[1], pair[2], kinked), within(1e-4));
        }
      }
    }
  }

  @Test
  default void reluKernelKeepsItsDigitsNearEqualInputs() {
    // theta^2 = 2 (1 - rho) + ..: the slope is 1/2 - theta / (2 pi)
    for (double gap : new double[] {1e-6, 1e-10, 1e-14}) {
      double rho = 1 - gap;
      double exactGap = 1 - rho;
      Host c = new Host(1, 1);
      c.set(0, 0, rho);
      Host one = new Host(1, 1);
      one.set(0, 0, 1);
      try (Matrix cov = c.on(backend(), Precision.FLOAT64, "c");
          Matrix v = one.on(backend(), Precision.FLOAT64, "v");
          Matrix slope = backend().allocate(Precision.FLOAT64, 1, 1, "slope")) {
        backend().dualActivation(Activation.RELU, cov, v, v, cov, slope);
        double theta = 2 * Math.asin(Math.sqrt(exactGap / 2));
        double got = (0.5 - Host.from(backend(), slope).at(0, 0)) * 2 * Math.PI;
        // the slope is stored near 1/2, so theta is known to a few roundings of 1
        assertThat(got).isCloseTo(theta, within(2e-15));
      }
    }
  }

  @Test
  default void dualKernelsOfWholeMatricesMatchTheirElements() {
    int p = 70;
    int q = 300;
    Host a = new Host(p, 1);
    Host b = new Host(q, 1);
    Host c = new Host(p, q);
    for (int i = 0; i < p; i++) {
      a.set(i, 0, 0.5 + i * 0.01);
    }
    for (int j = 0; j < q; j++) {
      b.set(j, 0, 0.4 + j * 0.005);
    }
    for (int i = 0; i < p; i++) {
      for (int j = 0; j < q; j++) {
        c.set(i, j, Math.sin(i + 2.0 * j) * Math.sqrt(a.at(i, 0) * b.at(j, 0)));
      }
    }
    Host expected = new Host(p, q);
    for (int i = 0; i < p; i++) {
      for (int j = 0; j < q; j++) {
        double r = c.at(i, j) / Math.sqrt(a.at(i, 0) * b.at(j, 0));
        expected.set(
            i,
            j,
            Math.sqrt(a.at(i, 0) * b.at(j, 0))
                * (Math.sqrt(1 - r * r) + r * (Math.PI - Math.acos(r)))
                / (2 * Math.PI));
      }
    }
    Matrix[] owner = new Matrix[1];
    Matrix cov = c.inWindow(backend(), Precision.FLOAT64, "c", owner);
    try (Matrix va = a.on(backend(), Precision.FLOAT64, "a");
        Matrix vb = b.on(backend(), Precision.FLOAT64, "b");
        Matrix slope = backend().allocate(Precision.FLOAT64, p, q, "slope")) {
      backend().dualActivation(Activation.RELU, cov, va, vb, cov, slope);
      Host.from(backend(), cov).isWithin(1e-14, expected, "ReLU kernel");
    }
    owner[0].close();
  }

  @Test
  default void dualActivationRefusesWhatHasNoClosedForm() {
    try (Matrix c = backend().allocate(Precision.FLOAT64, 1, 1, "c")) {
      assertThatThrownBy(() -> backend().dualActivation(Activation.TANH, c, c, c, c, c))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("dualSeries");
    }
  }

  @Test
  default void dualSeriesSumsPowersOfTheCorrelation() {
    for (int terms : new int[] {0, 1, 2, 40}) {
      int p = 67;
      int q = 259;
      Host a = Host.random(p, terms, 1);
      Host b = Host.random(q, terms, 2);
      Host rho = new Host(p, q);
      Host value = new Host(p, q);
      Host slope = new Host(p, q);
      for (int i = 0; i < p; i++) {
        for (int j = 0; j < q; j++) {
          double r = i == j ? 1 : i == j + 1 ? -1 : 0.9 * Math.sin(3.0 * i + j);
          rho.set(i, j, r);
          for (int n = 0; n < terms; n++) {
            double ab = a.at(i, n) * b.at(j, n);
            value.set(i, j, value.at(i, j) + ab * Math.pow(r, n));
            if (n > 0) {
              slope.set(i, j, slope.at(i, j) + n * ab * Math.pow(r, n - 1));
            }
          }
        }
      }
      Matrix[] owner = new Matrix[1];
      Matrix corr = rho.inWindow(backend(), Precision.FLOAT64, "rho", owner);
      try (Matrix ca = a.on(backend(), Precision.FLOAT64, "a");
          Matrix cb = b.on(backend(), Precision.FLOAT64, "b");
          Matrix d = backend().allocate(Precision.FLOAT64, p, q, "slope")) {
        backend().dualSeries(ca, cb, corr, corr, d);
        Host.from(backend(), corr).isWithin(1e-12, value, "value");
        Host.from(backend(), d).isWithin(1e-10, slope, "slope");
      }
      owner[0].close();
    }
  }
}
