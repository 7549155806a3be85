package org.richkernel.bench;

import java.util.Map;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;

/**
 * Stages of a leapfrog step on a backend, {@code DeviceComparison cuda|cpu stages P}, and the
 * ceilings that they are set beside, {@code DeviceComparison cuda|cpu ceilings EDGE}: large
 * products in float32 and float64 and a large copy. bench/gpu.sh calls it and makes tables of its
 * rows.
 */
public final class DeviceComparison {
  private static final double LEAST_SECONDS = 0.5;

  /** Rank of the inputs: that of MNIST's images at most. */
  static final int MOST_RANK = 784;

  private final DeviceRun run;
  private final Backend backend;
  private final int n;

  private DeviceComparison(DeviceRun run, int n) {
    this.run = run;
    this.backend = run.backend();
    this.n = n;
  }

  /** Prints the rows of one size. */
  public static void main(String[] arguments) {
    int n = Integer.parseInt(arguments[2]);
    DeviceRun.on(
        arguments[0],
        run -> {
          DeviceComparison comparison = new DeviceComparison(run, n);
          switch (arguments[1]) {
            case "ceilings" -> comparison.ceilings();
            case "stages" -> comparison.stages();
            default ->
                throw new IllegalArgumentException("ceilings or stages, not " + arguments[1]);
          }
        });
  }

  private void ceilings() {
    double square = (double) n * n;
    run.requireMemory("ceilings of edge " + n, 28 * square);
    try (Matrix x = backend.allocate(Precision.FLOAT32, n, n, "x");
        Matrix y = backend.allocate(Precision.FLOAT32, n, n, "y");
        Matrix z = backend.allocate(Precision.FLOAT32, n, n, "z")) {
      backend.fillGaussian(1, 1, 0, x);
      backend.fillGaussian(1, 2, 0, y);
      time(
          "ceilings",
          "float32 product",
          new DeviceRun.Work(2 * n * square, 0, 12 * square),
          () -> product(x, y, z));
    }
    try (Matrix a = backend.allocate(Precision.FLOAT64, n, n, "a");
        Matrix b = backend.allocate(Precision.FLOAT64, n, n, "b")) {
      backend.fill(0.5, a);
      time(
          "ceilings",
          "float64 product",
          new DeviceRun.Work(0, 2 * n * square, 24 * square),
          () -> product(a, a, b));
      time("ceilings", "copy", new DeviceRun.Work(0, 0, 16 * square), () -> backend.copy(a, b));
    }
  }

  /** n = P rows move; fields are n x P, their whitened form n x r. */
  private void stages() {
    double square = (double) n * n;
    int r = Math.min(n, MOST_RANK);
    double thin = (double) n * r;
    run.requireMemory("stages at P = " + n, 36 * square + 8 * thin);
    try (Matrix x = backend.allocate(Precision.FLOAT32, n, n, "x");
        Matrix y = backend.allocate(Precision.FLOAT32, n, n, "y");
        Matrix z = backend.allocate(Precision.FLOAT32, n, n, "z");
        Matrix xi = backend.allocate(Precision.FLOAT32, n, r, "xi");
        Matrix factor = backend.allocate(Precision.FLOAT32, n, r, "factor");
        Matrix a = backend.allocate(Precision.FLOAT64, n, n, "a");
        Matrix b = backend.allocate(Precision.FLOAT64, n, n, "b");
        Matrix c = backend.allocate(Precision.FLOAT64, n, n, "c")) {
      backend.fillGaussian(1, 1, 0, x);
      backend.fillGaussian(1, 2, 0, y);
      backend.fillGaussian(1, 4, 0, xi);
      backend.fillGaussian(1, 5, 0, factor);
      backend.gram(1.0 / n, x, 0, a);
      backend.addDiagonal(1, a);
      stage(
          "fields, h = xi F^T",
          new DeviceRun.Work(2 * n * thin, 0, 8 * thin + 4 * square),
          () -> backend.gemm(Transpose.NO, Transpose.YES, 1, xi, factor, 0, z));
      stage(
          "normals", new DeviceRun.Work(0, 0, 4 * square), () -> backend.fillGaussian(1, 3, 0, z));
      stage(
          "activation and derivative",
          new DeviceRun.Work(0, 0, 12 * square),
          () -> backend.activateWithDerivative(Activation.TANH, x, y, z));
      stage(
          "kick and rotation",
          new DeviceRun.Work(8 * square, 0, 20 * square),
          () -> backend.kickRotate(1e-3, x, 1e-3, y, z));
      stage(
          "Gram",
          new DeviceRun.Work(n * square, 0, 12 * square),
          () -> backend.gram(1.0 / n, x, 0, c));
      // the copy restores the matrix and is part of every leapfrog step
      stage(
          "copy and Cholesky",
          new DeviceRun.Work(0, n * square / 3, 24 * square),
          () -> {
            backend.copy(a, b);
            backend.cholesky(b);
          });
    }
  }

  private void product(Matrix left, Matrix right, Matrix result) {
    backend.gemm(Transpose.NO, Transpose.NO, 1, left, right, 0, result);
  }

  private void stage(String name, DeviceRun.Work work, Runnable action) {
    time("stages", name, work, action);
  }

  /**
   * Runs once to warm up, then until enough time has passed; the device is waited for at the end.
   */
  private void time(String table, String name, DeviceRun.Work work, Runnable action) {
    action.run();
    backend.synchronize();
    long start = System.nanoTime();
    int runs = 0;
    double seconds = 0;
    while (seconds < LEAST_SECONDS) {
      action.run();
      backend.synchronize();
      runs++;
      seconds = (System.nanoTime() - start) * 1e-9;
    }
    Map<String, Object> row = run.row(table);
    row.put("P", n);
    row.put("stage", name);
    row.put("runs", runs);
    run.print(row, seconds / runs, work);
  }
}
