package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.TwoSidedSolve;
import org.richkernel.compute.Workspace;
import org.richkernel.emulator.OnCudaDevice;

/** Shapes that are cut into several tiles, panels or groups, against the CPU backend. */
@OnCudaDevice
class CudaLargeShapesTest {
  private static Backend cuda() {
    return new CudaBackendProvider().open(BackendOptions.defaults());
  }

  private static double[] on(Backend opened, Function<Backend, double[]> work) {
    try (Backend backend = opened) {
      return work.apply(backend);
    }
  }

  /** Field of 2100 samples (two panels and a rest) at 1030 points (two tiles each way). */
  static double[] gram(Backend backend) {
    try (Matrix x = backend.allocate(Precision.FLOAT32, 2100, 1030, "x");
        Matrix c = backend.allocate(Precision.FLOAT64, 1030, 1030, "c")) {
      backend.fillGaussian(1, 2, 3, x);
      backend.addDiagonal(1, c);
      backend.gram(1.0 / 2100, x, 0.5, c);
      double[] host = new double[1030 * 1030];
      backend.download(c, host);
      return host;
    }
  }

  private static double[] crossGram(Backend backend) {
    try (Matrix x = backend.allocate(Precision.FLOAT32, 1030, 1030, "x");
        Matrix y = backend.allocate(Precision.FLOAT32, 1030, 7, "y");
        Matrix c = backend.allocate(Precision.FLOAT64, 1030, 7, "c")) {
      backend.fillGaussian(1, 2, 3, x);
      backend.fillGaussian(1, 2, 3, y);
      backend.crossGram(1.0 / 1030, x, y, 0, c);
      double[] host = new double[1030 * 7];
      backend.download(c, host);
      return host;
    }
  }

  /** Rank 33 goes through cuBLAS; 1500 rows of 3000 points are two of its panels. */
  private static double[] backProject(Backend backend) {
    try (Matrix phi = backend.allocate(Precision.FLOAT32, 1500, 3000, "phi");
        Matrix slope = backend.allocate(Precision.FLOAT32, 1500, 3000, "slope");
        Matrix v = backend.allocate(Precision.FLOAT32, 3000, 33, "v")) {
      backend.fillGaussian(1, 2, 3, phi);
      backend.fillUniform(1, 3, 3, slope);
      backend.fillGaussian(1, 4, 3, v);
      backend.backProject(1.0 / 3000, phi, slope, v, slope);
      double[] host = new double[1500 * 3000];
      backend.download(slope, host);
      return host;
    }
  }

  /** 4100 rows of 1030 columns are 4.2 million elements: two blocks of columns, both ways round. */
  private static double[] multiplyTriangular(Backend backend) {
    int rows = 4100;
    int n = 1030;
    double[] lower = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        lower[i * n + j] = Math.cos(7.0 * i + 3.0 * j);
      }
    }
    try (Matrix x = backend.allocate(Precision.FLOAT32, rows, n, "x");
        Matrix l = backend.allocate(Precision.FLOAT32, n, n, "l");
        Matrix c = backend.allocate(Precision.FLOAT32, rows, n, "c")) {
      backend.fillGaussian(1, 2, 3, x);
      backend.upload(lower, l);
      double[] host = new double[rows * n];
      double[] both = new double[2 * rows * n];
      for (Transpose transpose : Transpose.values()) {
        backend.multiplyTriangular(transpose, 1.0 / 32, x, l, c);
        backend.download(c, host);
        System.arraycopy(host, 0, both, transpose.ordinal() * rows * n, rows * n);
      }
      return both;
    }
  }

  /** 1100 points are two blocks on a device, where a block is 1024 points wide. */
  private static double[] twoSidedSolve(Backend backend) {
    int n = 1100;
    double[] lower = new double[n * n];
    double[] symmetric = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        symmetric[i * n + j] = Math.cos(i + 1.0 * j) + Math.cos(3.0 * i * j);
        lower[i * n + j] = i == j ? 1 : j < i ? Math.cos(7.0 * i + 3.0 * j) / n : 0;
      }
    }
    MemoryPlan plan = new MemoryPlan();
    TwoSidedSolve.plan(backend, plan, n);
    plan.add("l", Precision.FLOAT64, n, n).add("c", Precision.FLOAT64, n, n);
    try (Workspace memory = new Workspace(backend, plan)) {
      backend.upload(lower, memory.get("l"));
      backend.upload(symmetric, memory.get("c"));
      new TwoSidedSolve(backend, memory, n).solve(memory.get("l"), memory.get("c"));
      backend.download(memory.get("c"), symmetric);
      return symmetric;
    }
  }

  /** Sums of 1100 terms below 2 / 1100 around numbers of order 1. */
  @Test
  void blocksOfTwoSidedSolvesMatchTheProcessor() {
    requireClose(
        on(cuda(), CudaLargeShapesTest::twoSidedSolve),
        on(Backends.cpu(), CudaLargeShapesTest::twoSidedSolve),
        1e-12);
  }

  private static void requireClose(double[] device, double[] processor, double bound) {
    double worst = 0;
    for (int i = 0; i < processor.length; i++) {
      worst = Math.max(worst, Math.abs(device[i] - processor[i]));
    }
    assertThat(worst).isCloseTo(0, within(bound));
  }

  /**
   * On the diagonal a panel's sum grows to 1024, so an addition rounds by 2^-15 in the mean: 1.5e-8
   * of the result after the division by 2100. A thousand of them in random directions make 32 times
   * that in each of two panels, 6.6e-7; more than twice that is a failure.
   */
  @Test
  void tilesAndPanelsOfGramMatchTheProcessor() {
    requireClose(
        on(cuda(), CudaLargeShapesTest::gram),
        on(Backends.cpu(), CudaLargeShapesTest::gram),
        1.5e-6);
    requireClose(
        on(cuda(), CudaLargeShapesTest::crossGram),
        on(Backends.cpu(), CudaLargeShapesTest::crossGram),
        1.5e-6);
  }

  /** Sums of 3000 products have a rounding error near sqrt(3000) 2^-24, times sqrt(33) / 3000. */
  @Test
  void panelsOfBackProjectionMatchTheProcessor() {
    requireClose(
        on(cuda(), CudaLargeShapesTest::backProject),
        on(Backends.cpu(), CudaLargeShapesTest::backProject),
        1e-6);
  }

  /**
   * A sum of 1030 products reaches 23 in the mean and rounds by 23 x 2^-25 at most 1030 times in
   * random directions, 2.2e-5, and a 32nd of it: 7e-7. The largest of 8 million is 5.5 times that
   * on each backend; a block that is missing or misplaced is off by 1.
   */
  @Test
  void blocksOfTriangularProductsMatchTheProcessor() {
    requireClose(
        on(cuda(), CudaLargeShapesTest::multiplyTriangular),
        on(Backends.cpu(), CudaLargeShapesTest::multiplyTriangular),
        1e-5);
  }
}
