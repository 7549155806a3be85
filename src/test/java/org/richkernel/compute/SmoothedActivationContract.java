package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Activations of preactivations that are known up to Gaussian noise, against quadrature. */
interface SmoothedActivationContract extends ContractSubject {
  /** Means; the last two are far outside of every width. */
  double[] MEANS = {0, 1e-6, -1e-6, 0.01, -0.3, 0.7, -1, 1.5, -2, 3, -4, 9, -9, 40, -40};

  double[] WIDTHS = {0, 1e-7, 1e-3, 0.05, 0.3, 0.6, 1, 1.5, 2, 4};

  /** E f(h + s z) by the trapezoidal rule, which converges exponentially for smooth f. */
  private static double expectation(Activation f, double h, double s) {
    if (f.hasKink()) {
      // f = alpha h + (1 - alpha) max(h, 0)
      return f.parameter() * h + (1 - f.parameter()) * rectified(h, s);
    }
    // tanh and erf vary over widths of 1 / s of z
    int half = 2000;
    double step = 10.0 / half;
    double sum = 0;
    for (int i = -half; i <= half; i++) {
      double z = i * step;
      sum += Math.exp(-z * z / 2) * f.value(h + s * z);
    }
    return sum * step / Math.sqrt(2 * Math.PI);
  }

  /** E max(h + s z, 0), Simpson's rule from the kink on. */
  private static double rectified(double h, double s) {
    if (s == 0) {
      return Math.max(h, 0);
    }
    double from = Math.max(-12, -h / s);
    if (from >= 12) {
      return 0;
    }
    int steps = 4000;
    double step = (12 - from) / steps;
    double sum = 0;
    for (int i = 0; i <= steps; i++) {
      double z = from + i * step;
      int weight = i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2;
      sum += weight * (h + s * z) * Math.exp(-z * z / 2);
    }
    return sum * step / 3 / Math.sqrt(2 * Math.PI);
  }

  @Test
  default void smoothedActivationsMatchQuadrature() {
    int rows = MEANS.length;
    int columns = WIDTHS.length;
    Host h = new Host(rows, columns);
    Host s = new Host(1, columns);
    for (int j = 0; j < columns; j++) {
      s.set(0, j, (float) WIDTHS[j]);
      for (int i = 0; i < rows; i++) {
        h.set(i, j, (float) MEANS[i]);
      }
    }
    for (Activation f : Activation.all()) {
      Matrix[] owner = new Matrix[1];
      Matrix[] widthOwner = new Matrix[1];
      Matrix mean = h.inWindow(backend(), Precision.FLOAT32, "h", owner);
      Matrix width = s.inWindow(backend(), Precision.FLOAT32, "s", widthOwner);
      try (Matrix phi = backend().allocate(Precision.FLOAT32, rows, columns, "phi")) {
        backend().activateSmoothed(f, mean, width, phi);
        requireSmoothed(f, h, s, Host.from(backend(), phi));
        backend().activateSmoothed(f, mean, width, mean);
        requireSmoothed(f, h, s, Host.from(backend(), mean));
      }
      owner[0].close();
      widthOwner[0].close();
    }
  }

  private static void requireSmoothed(Activation f, Host h, Host s, Host phi) {
    for (int i = 0; i < h.rows; i++) {
      for (int j = 0; j < h.columns; j++) {
        double expected = expectation(f, h.at(i, j), s.at(0, j));
        // ReLU is h NormCdf + s NormPdf: its rounding is that of its larger term
        double scale =
            f.hasKink()
                ? Math.abs(h.at(i, j)) + s.at(0, j)
                : Math.max(1, f.isBounded() ? 0 : Math.abs(h.at(i, j)) + s.at(0, j));
        double bound = Tolerance.ACTIVATION.of(Precision.FLOAT32, scale);
        if (!f.hasClosedDual()) {
          // the promise of the rule, beside the rounding of the activation itself
          bound += 1e-6 * scale;
        }
        assertThat(phi.at(i, j))
            .as("E %s(%s + %s z)", f, h.at(i, j), s.at(0, j))
            .isCloseTo(expected, within(bound));
      }
    }
  }

  @Test
  default void smoothedActivationsWithoutNoiseAreTheActivations() {
    Host h = Host.random(257, 33, 1).combine(3, 0, new Host(257, 33));
    Host none = new Host(1, 33);
    for (Activation f : Activation.all()) {
      try (Matrix mean = h.on(backend(), Precision.FLOAT32, "h");
          Matrix width = none.on(backend(), Precision.FLOAT32, "s");
          Matrix phi = backend().allocate(Precision.FLOAT32, 257, 33, "phi")) {
        Host held = Host.from(backend(), mean);
        backend().activateSmoothed(f, mean, width, phi);
        Host got = Host.from(backend(), phi);
        for (int i = 0; i < got.data.length; i++) {
          double expected = f.value(held.data[i]);
          double scale = Math.max(1, Math.abs(held.data[i]));
          assertThat(got.data[i])
              .as("%s(%s)", f, held.data[i])
              .isCloseTo(expected, within(Tolerance.ACTIVATION.of(Precision.FLOAT32, scale)));
        }
      }
    }
  }

  @Test
  default void smoothedActivationsKeepNan() {
    for (Activation f : Activation.all()) {
      Host h = Host.random(3, 5, 1);
      h.set(1, 2, Double.NaN);
      Host s = new Host(1, 5);
      java.util.Arrays.fill(s.data, 0.5);
      if (f != Activation.LINEAR) {
        s.set(0, 4, Double.NaN);
      }
      try (Matrix mean = h.on(backend(), Precision.FLOAT32, "h");
          Matrix width = s.on(backend(), Precision.FLOAT32, "s")) {
        backend().activateSmoothed(f, mean, width, mean);
        Host phi = Host.from(backend(), mean);
        for (int i = 0; i < 15; i++) {
          boolean lost = i == 7 || (f != Activation.LINEAR && i % 5 == 4);
          assertThat(Double.isNaN(phi.data[i])).as("%s, element %d", f, i).isEqualTo(lost);
        }
      }
    }
  }

  @Test
  default void smoothedActivationsAcceptEmptyAndOddShapes() {
    for (int n : ODD_SIZES) {
      Host h = Host.random(33, n, 1);
      Host s = new Host(1, n);
      java.util.Arrays.fill(s.data, 0.25);
      try (Matrix mean = h.on(backend(), Precision.FLOAT32, "h");
          Matrix width = s.on(backend(), Precision.FLOAT32, "s")) {
        backend().activateSmoothed(Activation.ERF, mean, width, mean);
        Host phi = Host.from(backend(), mean);
        double narrowing = 1 / Math.sqrt(1 + 2 * 0.25 * 0.25);
        for (int i = 0; i < phi.data.length; i++) {
          assertThat(phi.data[i])
              .isCloseTo(Activation.ERF.value(h.data[i] * narrowing), within(1e-6));
        }
      }
    }
  }

  @Test
  default void smoothedActivationsRefuseShapesThatDoNotFit() {
    try (Matrix h = backend().allocate(Precision.FLOAT32, 3, 4, "h");
        Matrix tall = backend().allocate(Precision.FLOAT32, 4, 1, "tall");
        Matrix wide = backend().allocate(Precision.FLOAT64, 1, 4, "wide")) {
      assertThatThrownBy(() -> backend().activateSmoothed(Activation.RELU, h, tall, h))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("activateSmoothed");
      assertThatThrownBy(() -> backend().activateSmoothed(Activation.RELU, h, wide, h))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("FLOAT32");
    }
  }
}
