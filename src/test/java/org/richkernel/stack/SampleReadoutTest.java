package org.richkernel.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/** The S x S readout against (g Phi + kappa)^{-1} by LU decompositions of P x P, all in float64. */
class SampleReadoutTest {
  private static final double G = 1.4;
  private static final int K = 3;

  private static RealMatrix normals(int rows, int columns, long seed) {
    Random random = new Random(seed);
    RealMatrix m = new Array2DRowRealMatrix(rows, columns);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        m.setEntry(i, j, random.nextGaussian());
      }
    }
    return m;
  }

  private static double[] flat(RealMatrix m) {
    double[] values = new double[m.getRowDimension() * m.getColumnDimension()];
    for (int i = 0; i < values.length; i++) {
      values[i] = m.getEntry(i / m.getColumnDimension(), i % m.getColumnDimension());
    }
    return values;
  }

  private static double apart(RealMatrix a, RealMatrix b) {
    return a.subtract(b).getFrobeniusNorm() / b.getFrobeniusNorm();
  }

  private static double[][] rows(double[] values, int columns) {
    double[][] rows = new double[values.length / columns][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Arrays.copyOfRange(values, i * columns, (i + 1) * columns);
    }
    return rows;
  }

  private static RealMatrix read(Backend backend, Matrix m) {
    double[] values = new double[Math.toIntExact(m.size())];
    backend.download(m, values);
    return new Array2DRowRealMatrix(rows(values, m.columns()));
  }

  /** Weights, dual vector, potential, force, ln det and effective dimension, for S <, =, > P. */
  @ParameterizedTest
  @CsvSource({"30,12,10", "30,12,0.01", "20,20,0.1", "12,30,0.1", "12,30,10"})
  void equalsThePrimalForm(int points, int samples, double kappa) {
    RealMatrix phi = normals(samples, points, 1);
    RealMatrix y = normals(points, K, 2);
    RealMatrix kernel = phi.transpose().multiply(phi).scalarMultiply(G / samples);
    RealMatrix a = kernel.add(MatrixUtils.createRealIdentityMatrix(points).scalarMultiply(kappa));
    LUDecomposition lu = new LUDecomposition(a);
    RealMatrix inverse = lu.getSolver().getInverse();
    RealMatrix v = inverse.multiply(y);
    double ridge = samples * kappa / G;
    MemoryPlan plan = new MemoryPlan();
    SampleReadout.plan(plan, samples, K);
    try (Backend backend = Backends.cpu();
        Workspace memory = new Workspace(backend, plan);
        Matrix number = backend.allocate(Precision.FLOAT64, 1, 1, "number")) {
      SampleReadout readout = new SampleReadout(backend, memory, samples);
      backend.upload(flat(phi.multiply(phi.transpose())), readout.gram());
      backend.upload(flat(phi.multiply(y)), readout.image());
      readout.solve(ridge, number);
      assertThat(backend.sum(number)).isZero();

      RealMatrix w = read(backend, readout.weights());
      // phi v = (S / g) w
      assertThat(apart(w.scalarMultiply(samples / G), phi.multiply(v))).isLessThan(1e-12);
      // v = (Y - phi^T w) / kappa
      RealMatrix rest = y.subtract(phi.transpose().multiply(w));
      assertThat(apart(rest.scalarMultiply(1 / kappa), v)).isLessThan(1e-11);
      // force on phi: S w v^T = g phi v v^T
      RealMatrix pull = w.multiply(rest.transpose()).scalarMultiply(samples / kappa);
      RealMatrix primal = phi.multiply(v).multiply(v.transpose()).scalarMultiply(G);
      assertThat(apart(pull, primal)).isLessThan(1e-11);
      // tr Y^T v = |Y - phi^T w|^2 / kappa + (S / g) |w|^2
      double bracket =
          Math.pow(rest.getFrobeniusNorm(), 2) / kappa
              + samples / G * Math.pow(w.getFrobeniusNorm(), 2);
      double fit = y.transpose().multiply(v).getTrace();
      assertThat(bracket / fit).isCloseTo(1, within(1e-12));

      backend.fill(0, number);
      readout.addLogDeterminant(1, number);
      double dual =
          (points - samples) * Math.log(kappa)
              + backend.sum(number)
              + samples * Math.log(G / samples);
      double expected = Math.log(lu.getDeterminant());
      assertThat(dual).isCloseTo(expected, within(1e-12 * Math.max(1, Math.abs(expected))));

      readout.invert();
      // phi A^{-1} = (S / g) M^{-1} phi, here from M^{-1} in float32
      RealMatrix force = read(backend, readout.inverseSingle()).multiply(phi);
      assertThat(apart(force.scalarMultiply(samples / G), phi.multiply(inverse))).isLessThan(1e-5);

      double dimension = kernel.multiply(inverse).getTrace();
      assertThat(readout.effectiveDimension(ridge, number))
          .isCloseTo(dimension, within(1e-11 * dimension))
          .isLessThan(Math.min(points, samples));
    }
  }

  @Test
  void fieldsThatHaveOverflowedAreCountedAsAFailure() {
    MemoryPlan plan = new MemoryPlan();
    SampleReadout.plan(plan, 3, 1);
    try (Backend backend = Backends.cpu();
        Workspace memory = new Workspace(backend, plan);
        Matrix failures = backend.allocate(Precision.FLOAT64, 1, 1, "failures")) {
      SampleReadout readout = new SampleReadout(backend, memory, 3);
      backend.fill(Double.NaN, readout.gram());
      readout.solve(1, failures);
      assertThat(backend.sum(failures)).isPositive();
    }
  }
}
