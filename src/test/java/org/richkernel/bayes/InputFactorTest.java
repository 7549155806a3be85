package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.richkernel.bayes.Values.normals;

import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.NetworkSpec;

class InputFactorTest {
  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.cpu();
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static NetworkSpec network(double weight, double bias) {
    return NetworkSpec.of(1, Activation.ERF).withWeightVariances(weight, 1).withBiasVariance(bias);
  }

  /** Covariance g_0 a.b / D + g_b between the rows of two sets of inputs. */
  private static RealMatrix covariance(double[] a, double[] b, int d, double weight, double bias) {
    RealMatrix x = ReferencePotential.matrix(a, a.length / d);
    RealMatrix z = ReferencePotential.matrix(b, b.length / d);
    return x.multiply(z.transpose()).scalarMultiply(weight / d).scalarAdd(bias);
  }

  private double[] exact(NetworkSpec network, double[] x, int points, int d) {
    return InputFactor.Exact.of(backend, network, x, points, d).factor();
  }

  private static double largest(RealMatrix a) {
    double max = 0;
    for (double[] row : a.getData()) {
      for (double v : row) {
        max = Math.max(max, Math.abs(v));
      }
    }
    return max;
  }

  /** Both sides of P = D, with and without biases. */
  @ParameterizedTest
  @CsvSource({
    "9, 14, 1.0, 0.0, 9",
    "9, 14, 1.7, 0.4, 9",
    "14, 9, 1.0, 0.0, 9",
    "14, 9, 0.6, 0.4, 10",
    "9, 9, 1.0, 0.0, 9",
    "1, 5, 1.0, 0.0, 1",
    "5, 1, 1.0, 0.0, 1",
    "5, 1, 1.0, 0.2, 2"
  })
  void factorReproducesTheCovariance(int points, int d, double weight, double bias, int rank) {
    double[] x = normals(points * d, 1);
    InputFactor factor = InputFactor.of(backend, network(weight, bias), x, points, d);
    assertThat(factor.rank()).isEqualTo(rank);
    assertThat(factor.points()).isEqualTo(points);
    assertThat(factor.features()).isEqualTo(d);
    double[] exact = exact(network(weight, bias), x, points, d);
    RealMatrix f = ReferencePotential.matrix(exact, points);
    RealMatrix sigma = covariance(x, x, d, weight, bias);
    assertThat(largest(f.multiply(f.transpose()).subtract(sigma)))
        .isLessThan(1e-13 * Math.max(1, largest(sigma)) * 10);
  }

  /** The last ones in two panels of rows. */
  @ParameterizedTest
  @CsvSource({
    "9, 14, 0.0",
    "9, 14, 0.4",
    "14, 9, 0.0",
    "14, 9, 0.4",
    "4100, 3, 0.0",
    "4100, 3, 0.4"
  })
  void trainingPointsHaveTheFactorAsCoordinates(int points, int d, double bias) {
    double[] x = normals(points * d, 1);
    InputFactor factor = InputFactor.of(backend, network(1.3, bias), x, points, d);
    InputFactor.Coordinates own = factor.coordinates(backend, x, points);
    assertThat(own.whitened())
        .containsExactly(exact(network(1.3, bias), x, points, d), within(1e-11));
    // the square root of a rounding error of |z|^2
    for (double s : own.deviation()) {
      assertThat(s).isBetween(0.0, 1e-6);
    }
  }

  /**
   * Every number is rounded once, whichever Gram matrix is smaller, over one panel and over two.
   */
  @ParameterizedTest
  @CsvSource({"9, 14, 0.4", "14, 9, 0.4", "4100, 3, 0.0"})
  void theFactorIsTheExactOneRounded(int points, int d, double bias) {
    double[] x = normals(points * d, 1);
    InputFactor factor = InputFactor.of(backend, network(1.3, bias), x, points, d);
    InputFactor.Exact exact = InputFactor.Exact.of(backend, network(1.3, bias), x, points, d);
    assertThat(factor.projector()).containsExactly(exact.projector());
    assertThat(factor.rank()).isEqualTo(exact.rank());
    assertThat(factor.factor()).hasSameSizeAs(exact.factor());
    for (int i = 0; i < exact.factor().length; i++) {
      assertThat(factor.factor()[i]).isEqualTo((float) exact.factor()[i]);
    }
  }

  /** Cov(h(x), h_mu) = F R_x and Var h(x) = |R_x|^2 + s^2. */
  @ParameterizedTest
  @CsvSource({"9, 14, 0.0", "9, 14, 0.4", "14, 9, 0.0", "14, 9, 0.4"})
  void newPointsHaveTheirCovarianceWithTheTrainingPoints(int points, int d, double bias) {
    double[] x = normals(points * d, 1);
    double[] fresh = normals(6 * d, 2);
    InputFactor factor = InputFactor.of(backend, network(1.3, bias), x, points, d);
    InputFactor.Coordinates at = factor.coordinates(backend, fresh, 6);
    RealMatrix r = ReferencePotential.matrix(at.whitened(), 6);
    double[] exact = exact(network(1.3, bias), x, points, d);
    RealMatrix f = ReferencePotential.matrix(exact, points);
    RealMatrix cross = covariance(x, fresh, d, 1.3, bias);
    assertThat(largest(f.multiply(r.transpose()).subtract(cross))).isLessThan(1e-12);
    RealMatrix own = covariance(fresh, fresh, d, 1.3, bias);
    for (int i = 0; i < 6; i++) {
      double seen = r.getRowVector(i).dotProduct(r.getRowVector(i));
      double s = at.deviation()[i];
      assertThat(seen + s * s).isCloseTo(own.getEntry(i, i), within(1e-12));
      if (points < d) {
        assertThat(s).isGreaterThan(0.1);
      } else {
        assertThat(s).as("inputs span the whole space").isLessThan(1e-6);
      }
    }
  }

  @Test
  void duplicatedAndZeroPointsLowerTheRank() {
    double[] x = normals(4 * 10, 1);
    System.arraycopy(x, 0, x, 20, 10); // row 2 = row 0
    java.util.Arrays.fill(x, 30, 40, 0); // row 3 = 0
    InputFactor factor = InputFactor.of(backend, network(1, 0), x, 4, 10);
    assertThat(factor.rank()).isEqualTo(2);
    double[] exact = exact(network(1, 0), x, 4, 10);
    RealMatrix f = ReferencePotential.matrix(exact, 4);
    assertThat(largest(f.multiply(f.transpose()).subtract(covariance(x, x, 10, 1, 0))))
        .isLessThan(1e-12);
    InputFactor nothing = InputFactor.of(backend, network(1, 0), new double[20], 2, 10);
    assertThat(nothing.rank()).isEqualTo(1);
    assertThat(nothing.factor()).containsOnly(0);
    for (double v : exact(network(1, 0), new double[20], 2, 10)) {
      assertThat(v).isCloseTo(0, within(1e-150));
    }
    assertThat(nothing.coordinates(backend, normals(10, 3), 1).deviation()[0]).isFinite();
  }
}
