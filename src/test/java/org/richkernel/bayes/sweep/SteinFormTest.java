package org.richkernel.bayes.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.bayes.LinearSaddle;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.Inputs;

/** The inverse-free form against the other forms, closed forms and quadrature. */
class SteinFormTest {
  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.cpu();
  }

  @AfterEach
  void close() {
    backend.close();
  }

  /** B by {@link SteinForm} of samples xi, rows x r, whose preactivations are xi F^T. */
  private double[] stein(Activation f, double[] xi, int rows, double[][] factor, double[] tilt) {
    int points = factor.length;
    int rank = factor[0].length;
    MemoryPlan plan = new MemoryPlan();
    TiltedFields.plan(plan, rows, points);
    SteinForm.plan(plan, rows, points);
    plan.add("xi", Precision.FLOAT32, rows, rank)
        .add("F", Precision.FLOAT32, points, rank)
        .add("T", Precision.FLOAT64, points, points)
        .add("T, single", Precision.FLOAT32, points, points)
        .add("unit", Precision.FLOAT64, points, points)
        .add("B", Precision.FLOAT64, points, points);
    try (Workspace memory = new Workspace(backend, plan)) {
      backend.upload(xi, memory.get("xi"));
      backend.upload(flat(new Array2DRowRealMatrix(factor)), memory.get("F"));
      backend.upload(tilt, memory.get("T"));
      backend.copy(memory.get("T"), memory.get("T, single"));
      backend.addDiagonal(1, memory.get("unit"));
      TiltedFields fields =
          new TiltedFields(
              backend, f, memory, memory.get("F"), Tilt.of(backend, memory.get("T, single")), rows);
      SteinForm form = new SteinForm(backend, f, memory, memory.get("unit"));
      fields.evaluate(memory.get("xi"));
      fields.formPull();
      form.add(fields);
      form.addTo(1, memory.get("T"), memory.get("B"));
      double[] b = new double[points * points];
      backend.download(memory.get("B"), b);
      return b;
    }
  }

  private static RealMatrix square(double[] values) {
    int n = (int) Math.round(Math.sqrt(values.length));
    RealMatrix matrix = new Array2DRowRealMatrix(n, n);
    for (int i = 0; i < values.length; i++) {
      matrix.setEntry(i / n, i % n, values[i]);
    }
    return matrix;
  }

  private static double[] flat(RealMatrix matrix) {
    int n = matrix.getColumnDimension();
    double[] values = new double[matrix.getRowDimension() * n];
    for (int i = 0; i < values.length; i++) {
      values[i] = matrix.getEntry(i / n, i % n);
    }
    return values;
  }

  private static RealMatrix choleskyFactor(RealMatrix matrix) {
    RealMatrix symmetric = matrix.add(matrix.transpose()).scalarMultiply(0.5);
    return new CholeskyDecomposition(symmetric, 1e-9, 1e-12).getL();
  }

  /**
   * Linear networks, where all forms are algebra: Phihat^l = -a_l v v^T with a_l = t / ((1 + t)^l
   * v^T C v). The samples have the second moment of the closed form exactly, so what is left is
   * float32 rounding.
   */
  @ParameterizedTest
  @CsvSource({"1, 1, 0.5", "1, 2, 0.5", "2, 2, 1", "3, 3, 2"})
  void linearLayersHaveTheConjugateKernelOfTheClosedFormInEveryForm(
      int layer, int depth, double gamma) {
    int p = 10;
    Inputs inputs = ReferenceDigits.trainInputs(p);
    RealMatrix x = new Array2DRowRealMatrix(p, inputs.dimension());
    for (int i = 0; i < p; i++) {
      x.setRow(i, inputs.copyRows(i, 1));
    }
    double[] c = flat(x.multiply(x.transpose()).scalarMultiply(1.0 / inputs.dimension()));
    double[] y = ReferenceDigits.trainTargets(p).toArray();
    LinearSaddle saddle = LinearSaddle.solve(backend, c, y, depth, gamma, 0.1);
    double t = saddle.t();
    double[] v = saddle.dual();
    RealMatrix vv = new Array2DRowRealMatrix(v).multiply(new Array2DRowRealMatrix(v).transpose());
    double quadratic = dot(square(c).operate(v), v); // v^T C v
    double above = t / (Math.pow(1 + t, layer) * quadratic); // a_l
    double below = t / (Math.pow(1 + t, layer - 1) * quadratic); // a_{l-1}
    RealMatrix tilt = vv.scalarMultiply(-above);
    RealMatrix expected = vv.scalarMultiply(-below);

    RealMatrix f = choleskyFactor(square(saddle.kernel(layer - 1)));
    RealMatrix inverse = new LUDecomposition(f).getSolver().getInverse();
    RealMatrix moment =
        inverse.multiply(square(saddle.kernel(layer))).multiply(inverse.transpose()); // <xi xi^T>
    // (i) B = F^{-T} (1 - <xi xi^T>) F^{-1}
    RealMatrix one = MatrixUtils.createRealIdentityMatrix(p);
    RealMatrix byInverse = inverse.transpose().multiply(one.subtract(moment)).multiply(inverse);
    // (ii) B = F^{-T} <xi grad E^T>, grad E = T F xi
    RealMatrix bySemi = inverse.transpose().multiply(moment).multiply(f.transpose()).multiply(tilt);
    // p samples with <xi xi^T> = moment: the rows of sqrt(p) L^T for moment = L L^T
    double[] xi = flat(choleskyFactor(moment).transpose().scalarMultiply(Math.sqrt(p)));
    RealMatrix byStein = square(stein(Activation.LINEAR, xi, p, f.getData(), flat(tilt)));

    double size = expected.getFrobeniusNorm();
    assertThat(size).isPositive();
    assertThat(byInverse.subtract(expected).getFrobeniusNorm()).isLessThan(1e-7 * size);
    assertThat(bySemi.subtract(expected).getFrobeniusNorm()).isLessThan(1e-7 * size);
    assertThat(byStein.subtract(expected).getFrobeniusNorm()).isLessThan(1e-5 * size);
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /**
   * One point, where ln Z is a one-dimensional integral: B = -2 d ln Z / d Sigma by differences of
   * the integral, against samples at the quantiles of the tilted density. Quantiles of S samples
   * leave O(1/S).
   */
  @ParameterizedTest
  @CsvSource({"TANH, -6, 0.7", "TANH, 3, 2", "ERF, -6, 0.7", "ERF, 3, 2", "ERF, -0.5, 1"})
  void ofOnePointIsTheDerivativeOfLnZ(Activation f, double tilt, double variance) {
    double step = 1e-4 * variance;
    double expected =
        -2 * (lnZ(f, tilt, variance + step) - lnZ(f, tilt, variance - step)) / (2 * step);
    double deviation = Math.sqrt(variance);
    double[] b =
        stein(
            f,
            quantiles(f, tilt, deviation, 20_000),
            20_000,
            new double[][] {{deviation}},
            new double[] {tilt});
    assertThat(b[0]).isCloseTo(expected, within(1e-3 * Math.abs(expected)));
  }

  private static final int NODES = 40_001;
  private static final double RANGE = 10;

  private static double weight(Activation f, double tilt, double deviation, double xi) {
    double phi = f.value(deviation * xi);
    return Math.exp(-0.5 * xi * xi - 0.5 * tilt * phi * phi);
  }

  private static double lnZ(Activation f, double tilt, double variance) {
    double sum = 0;
    for (int i = 0; i < NODES; i++) {
      sum += weight(f, tilt, Math.sqrt(variance), RANGE * (2.0 * i / (NODES - 1) - 1));
    }
    return Math.log(sum * 2 * RANGE / (NODES - 1) / Math.sqrt(2 * Math.PI));
  }

  private static double[] quantiles(Activation f, double tilt, double deviation, int count) {
    double[] cumulative = new double[NODES];
    for (int i = 1; i < NODES; i++) {
      double middle = RANGE * (2.0 * (i - 0.5) / (NODES - 1) - 1);
      cumulative[i] = cumulative[i - 1] + weight(f, tilt, deviation, middle);
    }
    double[] xi = new double[count];
    int i = 1;
    for (int s = 0; s < count; s++) {
      double level = (s + 0.5) / count * cumulative[NODES - 1];
      while (cumulative[i] < level) {
        i++;
      }
      double within = (level - cumulative[i - 1]) / (cumulative[i] - cumulative[i - 1]);
      xi[s] = RANGE * (2.0 * (i - 1 + within) / (NODES - 1) - 1);
    }
    return xi;
  }

  @Test
  void reluHasNoSecondDerivative() {
    assertThatThrownBy(
            () -> stein(Activation.RELU, new double[1], 1, new double[][] {{1}}, new double[1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("second derivative");
  }
}
