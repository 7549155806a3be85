package org.richkernel.bench;

import java.util.Locale;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;

/**
 * Stages of a leapfrog step on the CUDA device and on the processor, as a Markdown table, beside
 * the device's ceilings measured in the same run: {@code DeviceComparison P...}. Then the first
 * sweeps of a whole fit, see {@link FitComparison}. On the emulated device everything runs and no
 * time is printed.
 */
public final class DeviceComparison {
  private static final String EMULATED = "RICHKERNEL-EMU";
  private static final double LEAST_SECONDS = 0.5;

  /** Rank of the inputs: that of MNIST's images at most. */
  static final int MOST_RANK = 784;

  /**
   * Work of a stage.
   *
   * @param flops floating-point operations
   * @param bytes through the memory at least
   */
  private record Stage(String name, double flops, double bytes, Runnable work) {}

  private final Backend backend;
  private final boolean timed;

  private DeviceComparison(Backend backend, boolean timed) {
    this.backend = backend;
    this.timed = timed;
  }

  /** Prints the tables for every P. */
  public static void main(String[] arguments) {
    try (Backend cuda = open("cuda");
        Backend cpu = open("cpu")) {
      boolean timed = !cuda.info().device().contains(EMULATED);
      System.out.println("Device: " + cuda.info().device() + "; processor: " + cpu.info().device());
      if (!timed) {
        System.out.println();
        System.out.println("An emulated device has no times: everything is run, nothing is timed.");
      }
      for (String argument : arguments) {
        int points = Integer.parseInt(argument);
        System.out.printf(
            Locale.ROOT,
            "%n## P = %d%n%n"
                + "| backend | stage | ms | TFLOP/s | GB/s |%n| --- | --- | ---: | ---: | ---: |%n",
            points);
        new DeviceComparison(cuda, timed).run(points);
        new DeviceComparison(cpu, timed).run(points);
        FitComparison.print(cuda, cpu, points, timed);
      }
    }
  }

  private static Backend open(String name) {
    return Backends.open(name, BackendOptions.defaults(), System.err::println);
  }

  /** n = P rows move; fields are n x P, their whitened form n x r. */
  private void run(int n) {
    double square = (double) n * n;
    int r = Math.min(n, MOST_RANK);
    double thin = (double) n * r;
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
      Stage[] stages = {
        new Stage("ceiling: float32 product", 2 * n * square, 12 * square, () -> product(x, y, z)),
        new Stage("ceiling: float64 product", 2 * n * square, 24 * square, () -> product(a, a, b)),
        new Stage("ceiling: copy", 0, 16 * square, () -> backend.copy(a, b)),
        new Stage(
            "fields, h = xi F^T",
            2 * n * thin,
            8 * thin + 4 * square,
            () -> backend.gemm(Transpose.NO, Transpose.YES, 1, xi, factor, 0, z)),
        new Stage("normals", 0, 4 * square, () -> backend.fillGaussian(1, 3, 0, z)),
        new Stage(
            "activation and derivative",
            0,
            12 * square,
            () -> backend.activateWithDerivative(Activation.TANH, x, y, z)),
        new Stage("kick and rotation", 8 * square, 20 * square, () -> rotate(x, y, z)),
        new Stage("Gram", n * square, 12 * square, () -> backend.gram(1.0 / n, x, 0, c)),
        // the copy restores the matrix and is part of every leapfrog step
        new Stage("copy and Cholesky", n * square / 3, 24 * square, () -> factor(a, b))
      };
      for (Stage stage : stages) {
        report(stage);
      }
    }
  }

  private void product(Matrix left, Matrix right, Matrix result) {
    backend.gemm(Transpose.NO, Transpose.NO, 1, left, right, 0, result);
  }

  private void rotate(Matrix g, Matrix x, Matrix p) {
    backend.kickRotate(1e-3, g, 1e-3, x, p);
  }

  private void factor(Matrix a, Matrix b) {
    backend.copy(a, b);
    backend.cholesky(b);
  }

  /**
   * Runs once to warm up, then until enough time has passed; the device is waited for at the end.
   */
  private void report(Stage stage) {
    stage.work.run();
    backend.synchronize();
    if (!timed) {
      System.out.printf(
          Locale.ROOT, "| %s | %s | not timed | | |%n", backend.info().name(), stage.name);
      return;
    }
    long start = System.nanoTime();
    int runs = 0;
    double seconds = 0;
    while (seconds < LEAST_SECONDS) {
      stage.work.run();
      backend.synchronize();
      runs++;
      seconds = (System.nanoTime() - start) * 1e-9;
    }
    double each = seconds / runs;
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %.3f | %.2f | %.0f |%n",
        backend.info().name(),
        stage.name,
        each * 1e3,
        stage.flops / each * 1e-12,
        stage.bytes / each * 1e-9);
  }
}
