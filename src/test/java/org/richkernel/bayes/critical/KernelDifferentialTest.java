package org.richkernel.bayes.critical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;

/** The derivative of the kernel map, against differences, its adjoint and plain quadrature. */
class KernelDifferentialTest {
  private static final int P = 5;

  static double[] covariance(long seed, int points, int features) {
    Random random = new Random(seed);
    double[] x = new double[points * features];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextGaussian();
    }
    double[] c = new double[points * points];
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        for (int k = 0; k < features; k++) {
          c[i * points + j] += x[i * features + k] * x[j * features + k] / features;
        }
      }
    }
    return c;
  }

  private static double[] symmetric(long seed) {
    Random random = new Random(seed);
    double[] d = new double[P * P];
    for (int i = 0; i < P; i++) {
      for (int j = 0; j <= i; j++) {
        d[i * P + j] = random.nextGaussian();
        d[j * P + i] = d[i * P + j];
      }
    }
    return d;
  }

  @ParameterizedTest
  @Activations
  void differentialIsTheLimitOfDifferences(Activation activation) {
    double[] c = covariance(1, P, 9);
    double[] d = symmetric(2);
    double e = 1e-5;
    double[] up = c.clone();
    double[] down = c.clone();
    for (int i = 0; i < c.length; i++) {
      up[i] += e * d[i];
      down[i] -= e * d[i];
    }
    double[] high = KernelDifferential.of(activation, up, P).value();
    double[] low = KernelDifferential.of(activation, down, P).value();
    double[] exact = KernelDifferential.of(activation, c, P).apply(d);
    for (int i = 0; i < c.length; i++) {
      assertThat((high[i] - low[i]) / (2 * e)).isCloseTo(exact[i], within(1e-7));
    }
  }

  @ParameterizedTest
  @Activations
  void adjointIsTheTransposeOfTheDifferential(Activation activation) {
    KernelDifferential map = KernelDifferential.of(activation, covariance(3, P, 4), P);
    double[] d = symmetric(4);
    double[] t = symmetric(5);
    double[] forward = map.apply(d);
    double[] backward = map.adjoint(t);
    double left = 0;
    double right = 0;
    for (int i = 0; i < d.length; i++) {
      left += t[i] * forward[i];
      right += backward[i] * d[i];
    }
    assertThat(left).isCloseTo(right, within(1e-12 * Math.abs(left)));
  }

  /** E phi(u) phi(v), E phi' phi' and E phi' by a trapezoidal rule in two dimensions. */
  @ParameterizedTest
  @Activations
  void pairMomentsAreGaussianIntegrals(Activation f) {
    double a = 1.3;
    double b = 0.7;
    double c = -0.4;
    double value = 0;
    double slope = 0;
    double gain = 0;
    double h = 0.02;
    double conditional = Math.sqrt(b - c * c / a);
    for (int i = -400; i < 400; i++) {
      double z = (i + 0.5) * h;
      double u = Math.sqrt(a) * z;
      double weight = h * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
      gain += weight * f.derivative(u);
      for (int j = -400; j < 400; j++) {
        double y = (j + 0.5) * h;
        double v = c / a * u + conditional * y;
        double w = weight * h * Math.exp(-y * y / 2) / Math.sqrt(2 * Math.PI);
        value += w * f.value(u) * f.value(v);
        slope += w * f.derivative(u) * f.derivative(v);
      }
    }
    PairMoments pairs = PairMoments.of(f, new double[] {a, b});
    pairs.evaluate(0, 1, c);
    // the kink of ReLU limits the rule to second order in its spacing
    double accuracy = f == Activation.RELU ? 2e-3 : 1e-10;
    assertThat(pairs.value()).isCloseTo(value, within(accuracy));
    assertThat(pairs.slope()).isCloseTo(slope, within(accuracy));
    assertThat(pairs.gain(0)).isCloseTo(gain, within(accuracy));
  }

  @ParameterizedTest
  @Activations
  void pointWithoutVarianceIsHarmless(Activation f) {
    double[] c = {0, 0, 0, 1};
    KernelDifferential map = KernelDifferential.of(f, c, 2);
    for (double value : map.apply(new double[] {0, 0, 0, 1})) {
      assertThat(value).isFinite();
    }
    assertThat(map.value()[1]).isZero();
  }
}
