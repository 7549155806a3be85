package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.emulator.OnCudaDevice;

/** Operands of which some are dense and others windows, vectors among them, against the CPU. */
@OnCudaDevice
class CudaWindowsTest {
  private static final int ROWS = 37;

  /** A window whose first column and columns are given, in a parent of 48 columns. */
  private static Matrix window(
      List<Matrix> parents, Backend backend, Precision p, int rows, int first, int columns) {
    Matrix single = backend.allocate(Precision.FLOAT32, rows, 48, "numbers");
    Matrix parent = backend.allocate(p, rows, 48, "parent");
    backend.fillUniform(7, parents.size(), 0, single);
    backend.copy(single, parent);
    parents.add(single);
    parents.add(parent);
    return parent.view(0, rows, first, columns);
  }

  private static Matrix dense(
      List<Matrix> parents, Backend backend, Precision p, int rows, int columns) {
    Matrix matrix = backend.allocate(p, rows, columns, "dense");
    backend.copy(window(parents, backend, p, rows, 0, columns), matrix);
    parents.add(matrix);
    return matrix;
  }

  /** All results of one backend, in order. */
  private static List<double[]> results(Backend backend, int first, int columns) {
    List<double[]> all = new ArrayList<>();
    List<Matrix> parents = new ArrayList<>();
    for (Precision p : Precision.values()) {
      Matrix x = window(parents, backend, p, ROWS, first, columns);
      Matrix y = dense(parents, backend, p, ROWS, columns);
      Matrix w = window(parents, backend, p, ROWS, 3, 1);
      Matrix out = window(parents, backend, p, ROWS, 5, 1);
      Matrix across = window(parents, backend, p, 1, first, columns);
      all.add(new double[] {backend.dot(y, x), backend.dot(x, y), backend.sum(x)});
      backend.rowDot(y, x, out);
      keep(backend, out, all);
      backend.scaleRows(w, x);
      keep(backend, x, all);
      backend.scaleRows(w, y);
      keep(backend, y, all);
      backend.scaleColumns(across, y);
      backend.scaleColumns(across, x);
      backend.axpy(0.5, y, x);
      backend.multiply(x, y);
      backend.activateWithDerivative(Activation.TANH, x, y, x);
      keep(backend, x, all);
      keep(backend, y, all);
    }
    Matrix covariance = window(parents, backend, Precision.FLOAT64, ROWS, first, columns);
    Matrix rowVariance = window(parents, backend, Precision.FLOAT64, ROWS, 3, 1);
    Matrix columnVariance = window(parents, backend, Precision.FLOAT64, columns, 4, 1);
    Matrix slope = dense(parents, backend, Precision.FLOAT64, ROWS, columns);
    backend.dualActivation(
        Activation.RELU, covariance, rowVariance, columnVariance, covariance, slope);
    keep(backend, covariance, all);
    keep(backend, slope, all);
    parents.forEach(Matrix::close);
    return all;
  }

  private static void keep(Backend backend, Matrix matrix, List<double[]> all) {
    double[] host = new double[(int) matrix.size()];
    backend.download(matrix, host);
    all.add(host);
  }

  @Test
  void mixturesOfDenseOperandsAndWindowsMatchTheProcessor() {
    // aligned windows take the kernels' wide accesses, the others the narrow ones
    int[][] windows = {{4, 40}, {1, 40}, {4, 39}};
    for (int[] w : windows) {
      List<double[]> device;
      try (Backend backend = new CudaBackendProvider().open(BackendOptions.defaults())) {
        device = results(backend, w[0], w[1]);
      }
      List<double[]> processor;
      try (Backend backend = Backends.cpu()) {
        processor = results(backend, w[0], w[1]);
      }
      assertThat(device).hasSameSizeAs(processor);
      for (int k = 0; k < processor.size(); k++) {
        double[] expected = processor.get(k);
        assertThat(device.get(k)).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
          assertThat(device.get(k)[i])
              .as("result %d, element %d, window %d + %d", k, i, w[0], w[1])
              .isCloseTo(expected[i], within(1e-6 * Math.max(1, Math.abs(expected[i]))));
        }
      }
    }
  }
}
