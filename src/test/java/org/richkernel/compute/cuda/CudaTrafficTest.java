package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;

/** What each operation asks of the bus, the launch queue and the libraries. */
@OnEmulatedDevice
class CudaTrafficTest {
  private static final int S = 2500;
  private static final int P = 33;

  private Backend backend;
  private Matrix x;
  private Matrix y;
  private Matrix z;
  private Matrix v;
  private Matrix rows;
  private Matrix columns;
  private Matrix c;
  private Matrix l;
  private Matrix product;
  private Matrix values;
  private Matrix variances;

  @BeforeEach
  void openBackend() {
    backend = new CudaBackendProvider().open(BackendOptions.defaults());
    x = backend.allocate(Precision.FLOAT32, S, P, "x");
    y = backend.allocate(Precision.FLOAT32, S, P, "y");
    z = backend.allocate(Precision.FLOAT32, S, P, "z");
    v = backend.allocate(Precision.FLOAT32, P, 2, "v");
    rows = backend.allocate(Precision.FLOAT32, S, 1, "rows");
    columns = backend.allocate(Precision.FLOAT32, 1, P, "columns");
    c = backend.allocate(Precision.FLOAT64, P, P, "c");
    l = backend.allocate(Precision.FLOAT64, P, P, "l");
    product = backend.allocate(Precision.FLOAT64, 9, P, "product");
    values = backend.allocate(Precision.FLOAT64, 1, P, "values");
    variances = backend.allocate(Precision.FLOAT64, P, 1, "variances");
    backend.fillGaussian(1, 2, 3, x);
    backend.fillGaussian(1, 3, 3, y);
    backend.gram(1.0 / S, x, 0, c);
    backend.copy(c, l);
    backend.cholesky(l);
    backend.synchronize();
  }

  @AfterEach
  void closeBackend() {
    for (Matrix m : new Matrix[] {x, y, z, v, rows, columns, c, l, product, values, variances}) {
      m.close();
    }
    backend.close();
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  /** Launches, library calls, bytes to the device and bytes to the host of one operation. */
  private void costs(
      String name, int launches, int libraryCalls, long toDevice, long toHost, Runnable operation) {
    long[] before = traffic();
    operation.run();
    long[] after = traffic();
    long[] spent = new long[before.length];
    for (int i = 0; i < spent.length; i++) {
      spent[i] = after[i] - before[i];
    }
    assertThat(spent)
        .as("launches, library calls, bytes to the device, bytes to the host of " + name)
        .containsExactly(launches, libraryCalls, toDevice, toHost);
  }

  private static long[] traffic() {
    return new long[] {
      EmulatedDevice.counter("launches"),
      EmulatedDevice.counter("libraryCalls"),
      EmulatedDevice.counter("bytesHtoD"),
      EmulatedDevice.counter("bytesDtoH")
    };
  }

  @Test
  void elementwiseOperationsAreOneLaunchAndNothingElse() {
    costs("copy", 1, 0, 0, 0, () -> backend.copy(x, z));
    costs("fill", 1, 0, 0, 0, () -> backend.fill(0.5, z));
    costs("activate", 1, 0, 0, 0, () -> backend.activate(Activation.TANH, x, z));
    costs(
        "activateWithDerivative",
        1,
        0,
        0,
        0,
        () -> backend.activateWithDerivative(Activation.RELU, x, z, y));
    costs(
        "activateSliding",
        1,
        0,
        0,
        0,
        () -> backend.activateSliding(Activation.RELU, x, y, columns, z, y));
    costs(
        "activateSmoothed",
        1,
        0,
        0,
        0,
        () -> backend.activateSmoothed(Activation.TANH, x, columns, z));
    costs("axpy", 1, 0, 0, 0, () -> backend.axpy(0.5, x, y));
    costs("scale", 1, 0, 0, 0, () -> backend.scale(0.5, y));
    costs("multiply", 1, 0, 0, 0, () -> backend.multiply(x, y));
    costs("addDiagonal", 1, 0, 0, 0, () -> backend.addDiagonal(0.5, c));
    costs("scaleRows", 1, 0, 0, 0, () -> backend.scaleRows(rows, y));
    costs("scaleColumns", 1, 0, 0, 0, () -> backend.scaleColumns(columns, y));
    costs("rowDot", 1, 0, 0, 0, () -> backend.rowDot(x, y, rows));
    costs("kickRotate", 1, 0, 0, 0, () -> backend.kickRotate(0.1, z, 0.2, x, y));
    costs("fillGaussian", 1, 0, 0, 0, () -> backend.fillGaussian(1, 2, 3, z));
    costs("fillUniform", 1, 0, 0, 0, () -> backend.fillUniform(1, 2, 3, z));
    costs(
        "dualActivation",
        1,
        0,
        0,
        0,
        () -> backend.dualActivation(Activation.ERF, c, variances, variances, c, l));
    costs("dualSeries", 1, 0, 0, 0, () -> backend.dualSeries(variances, variances, c, c, l));
  }

  @Test
  void backProjectionIsOneLaunchAndFromRankEightOnTwoProducts() {
    backend.activateWithDerivative(Activation.TANH, x, y, z);
    costs("backProject", 1, 0, 0, 0, () -> backend.backProject(0.1, y, z, v, z));
    try (Matrix many = backend.allocate(Precision.FLOAT32, P, 8, "many")) {
      costs("rank 7", 1, 0, 0, 0, () -> backend.backProject(0.1, y, z, many.view(0, P, 0, 7), z));
      costs("rank 8", 1, 2, 0, 0, () -> backend.backProject(0.1, y, z, many, z));
    }
  }

  @Test
  void productsStayOnTheDevice() {
    costs(
        "gemm",
        0,
        1,
        0,
        0,
        () -> backend.gemm(Transpose.NO, Transpose.NO, 1, c, l, 0, c.view(0, P, 0, P)));
    costs("syrk", 1, 1, 0, 0, () -> backend.syrk(Transpose.YES, 1, l, 0, c));
    // 2500 samples are four panels, taken at once, 2477 are four and a rest; then the mirror
    costs("gram", 2, 1, 0, 0, () -> backend.gram(1, x, 0, c));
    costs("gram, rest", 3, 2, 0, 0, () -> backend.gram(1, x.rowRange(0, 2477), 0, c));
    costs("crossGram", 1, 1, 0, 0, () -> backend.crossGram(1, x, y, 0.5, c));
    costs("mirroredCrossGram", 2, 1, 0, 0, () -> backend.mirroredCrossGram(1, x, y, 0.5, c));
    costs(
        "multiplyTriangular",
        0,
        1,
        0,
        0,
        () -> backend.multiplyTriangular(Transpose.YES, 1, c.view(0, 9, 0, P), l, product));
    costs(
        "solveTriangular",
        0,
        1,
        0,
        0,
        () -> backend.solveTriangular(Side.LEFT, Transpose.NO, 1, l, c));
    costs("solveCholesky", 0, 2, 0, 0, () -> backend.solveCholesky(l, c));
    costs("solveCholesky of a vector", 0, 1, 0, 0, () -> backend.solveCholesky(l, variances));
  }

  @Test
  void numbersCostTwoLaunchesAndEightBytes() {
    costs("sum", 2, 0, 0, 8, () -> backend.sum(x));
    costs("dot", 2, 0, 0, 8, () -> backend.dot(x, y));
    costs("logDeterminant", 2, 0, 0, 8, () -> backend.logDeterminant(l));
    Matrix number = values.view(0, 1, 0, 1);
    costs("dot, left there", 2, 0, 0, 0, () -> backend.dot(0.5, x, y, 0, number));
    costs("logDeterminant, left", 2, 0, 0, 0, () -> backend.logDeterminant(1, l, 1, number));
    costs("addDiagonal, number", 1, 0, 0, 0, () -> backend.addDiagonal(0.5, number, c));
  }

  @Test
  void factorizationsBringBackOnlyTheirAnswer() {
    // cuSOLVER was asked for the size of its work space when this shape came first
    costs("cholesky", 1, 1, 0, 8, () -> backend.cholesky(c));
    backend.gram(1, x, 0, c);
    Matrix number = values.view(0, 1, 0, 1);
    costs("cholesky, counted", 1, 1, 0, 0, () -> backend.cholesky(c, number));
    backend.gram(1, x, 0, c);
    // two launches and eight bytes look for NaN, the third launch transposes
    costs("eigenSymmetric", 3, 2, 0, 12, () -> backend.eigenSymmetric(c, values));
  }

  @Test
  void transfersMoveEveryElementOnceInThePrecisionOfTheDevice() {
    long bytes = (long) S * P * Float.BYTES;
    costs("upload", 0, 0, bytes, 0, () -> backend.upload(new double[S * P], x));
    costs("download", 0, 0, 0, bytes, () -> backend.download(x, new double[S * P]));
    Matrix window = x.view(10, 100, 3, 20);
    costs("window", 0, 0, 8000, 0, () -> backend.upload(new float[2000], window));
  }

  @Test
  void transfersLargerThanTheStagesKeepEveryElement() {
    int n = 1300;
    double[] source = new double[n * n];
    for (int i = 0; i < source.length; i++) {
      source[i] = i;
    }
    try (Matrix parent = backend.allocate(Precision.FLOAT64, n + 1, n + 1, "large")) {
      Matrix window = parent.view(1, n, 1, n);
      backend.upload(source, window);
      double[] back = new double[n * n];
      backend.download(window, back);
      assertThat(back).isEqualTo(source);
      Matrix line = parent.view(0, 1, 0, n);
      assertThat(backend.sum(line)).isZero();
    }
    try (Matrix line = backend.allocate(Precision.FLOAT64, 1, n * n, "line")) {
      backend.upload(source, line);
      double[] back = new double[n * n];
      backend.download(line, back);
      assertThat(back).isEqualTo(source);
    }
  }

  /**
   * 300 rows of 8 kB pass nine times through the memory for small uploads, whose halves are written
   * again only when the device has read them. Windows of rows go the same way.
   */
  @Test
  void smallUploadsWaitOnlyForRoom() {
    int rows = 300;
    int columns = 1000;
    try (Matrix wide = backend.allocate(Precision.FLOAT64, rows, columns + 2, "wide")) {
      long waits = EmulatedDevice.counter("syncs");
      for (int i = 0; i < rows; i++) {
        double[] row = new double[columns];
        Arrays.fill(row, i + 1);
        backend.upload(row, wide.view(i, 1, 1, columns));
      }
      // each half of 256 KiB holds 32 rows; the first two are free
      assertThat(EmulatedDevice.counter("syncs") - waits).isEqualTo(rows / 32 - 1);
      backend.upload(new float[] {1, 2, 3, 4}, wide.view(7, 2, 0, 2));
      double[] all = new double[rows * (columns + 2)];
      backend.download(wide, all);
      for (int i = 0; i < rows; i++) {
        for (int j = 2; j <= columns; j++) {
          assertThat(all[i * (columns + 2) + j]).isEqualTo(i + 1);
        }
      }
      assertThat(Arrays.copyOfRange(all, 7 * (columns + 2), 7 * (columns + 2) + 2))
          .containsExactly(1, 2);
      assertThat(Arrays.copyOfRange(all, 8 * (columns + 2), 8 * (columns + 2) + 2))
          .containsExactly(3, 4);
    }
  }

  @Test
  void nothingIsAllocatedOnceShapesWereSeen() {
    everyOperation();
    long before = EmulatedDevice.counter("allocations");
    long bytes = backend.allocatedBytes();
    everyOperation();
    assertThat(EmulatedDevice.counter("allocations")).isEqualTo(before);
    assertThat(backend.allocatedBytes()).isEqualTo(bytes);
  }

  private void everyOperation() {
    backend.gram(1.0 / S, x, 0, c);
    backend.crossGram(1.0 / S, x, y, 0.1, c);
    backend.gram(1.0 / S, x, 0, c);
    backend.addDiagonal(1, c);
    backend.copy(c, l);
    backend.cholesky(l);
    backend.solveCholesky(l, c);
    backend.logDeterminant(l);
    backend.syrk(Transpose.NO, 1, l, 0, c);
    backend.eigenSymmetric(c, values);
    backend.sum(x);
    backend.upload(new double[S * P], x);
    backend.fillGaussian(1, 2, 3, x);
  }
}
