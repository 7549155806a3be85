package org.richkernel.bench;

import static org.bytedeco.openblas.global.openblas_full.CblasLower;
import static org.bytedeco.openblas.global.openblas_full.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_full.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_full.blas_set_num_threads;
import static org.bytedeco.openblas.global.openblas_full.cblas_dgemm;
import static org.bytedeco.openblas.global.openblas_full.cblas_dsyrk;
import static org.bytedeco.openblas.global.openblas_full.cblas_sgemm;
import static org.bytedeco.openblas.global.openblas_full.cblas_ssyrk;

import java.util.Arrays;
import java.util.Locale;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;

/**
 * Facade against direct OpenBLAS calls, one after the other in one process, so that drifts of the
 * machine meet both: {@code ProductRatios ROUNDS [SIZES]}. Prints medians as a Markdown table. The
 * facade's syrk writes both triangles, the direct one the lower.
 */
public final class ProductRatios {
  private static final long WARM_UP_NANOS = 100_000_000;
  private static final int[] SIZES = {512, 1024, 2048};

  private final int n;
  private final Precision precision;
  private final int threads;

  private ProductRatios(int n, Precision precision, int threads) {
    this.n = n;
    this.precision = precision;
    this.threads = threads;
  }

  /** Prints the table. */
  public static void main(String[] arguments) {
    int rounds = Integer.parseInt(arguments[0]);
    int[] sizes =
        arguments.length == 1
            ? SIZES
            : Arrays.stream(arguments).skip(1).mapToInt(Integer::parseInt).toArray();
    System.out.printf(
        "| operation | precision | n | threads | facade us | OpenBLAS us | facade / OpenBLAS |%n"
            + "| --- | --- | ---: | ---: | ---: | ---: | ---: |%n");
    for (int threads : new int[] {1, 2}) {
      for (Precision precision : Precision.values()) {
        for (int n : sizes) {
          new ProductRatios(n, precision, threads).compare(rounds);
        }
      }
    }
  }

  private void compare(int rounds) {
    long size = (long) n * n;
    try (Backend backend =
            Backends.open("cpu", new BackendOptions(threads, Long.MAX_VALUE), System.err::println);
        Matrix a = backend.allocate(precision, n, n, "a");
        Matrix c = backend.allocate(precision, n, n, "c");
        FloatPointer fa = new FloatPointer(size);
        FloatPointer fc = new FloatPointer(size);
        DoublePointer da = new DoublePointer(size);
        DoublePointer dc = new DoublePointer(size)) {
      backend.fill(1.0 / n, a);
      for (long i = 0; i < size; i++) {
        fa.put(i, 1f / n);
        da.put(i, 1.0 / n);
      }
      boolean single = precision == Precision.FLOAT32;
      Runnable rawGemm =
          single
              ? () ->
                  cblas_sgemm(
                      CblasRowMajor,
                      CblasNoTrans,
                      CblasNoTrans,
                      n,
                      n,
                      n,
                      1f,
                      fa,
                      n,
                      fa,
                      n,
                      0f,
                      fc,
                      n)
              : () ->
                  cblas_dgemm(
                      CblasRowMajor,
                      CblasNoTrans,
                      CblasNoTrans,
                      n,
                      n,
                      n,
                      1,
                      da,
                      n,
                      da,
                      n,
                      0,
                      dc,
                      n);
      Runnable rawSyrk =
          single
              ? () ->
                  cblas_ssyrk(CblasRowMajor, CblasLower, CblasNoTrans, n, n, 1f, fa, n, 0f, fc, n)
              : () ->
                  cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, n, n, 1, da, n, 0, dc, n);
      report(
          "gemm", rounds, () -> backend.gemm(Transpose.NO, Transpose.NO, 1, a, a, 0, c), rawGemm);
      report("syrk", rounds, () -> backend.syrk(Transpose.NO, 1, a, 0, c), rawSyrk);
    }
  }

  private void report(String operation, int rounds, Runnable facade, Runnable raw) {
    double[] ours = new double[rounds];
    double[] theirs = new double[rounds];
    int repeats = (int) Math.pow(SIZES[SIZES.length - 1] / (double) n, 2) + 1;
    for (int i = -1; i < rounds; i++) {
      double f = time(facade, repeats);
      // the facade's backend keeps OpenBLAS at one thread
      blas_set_num_threads(threads);
      double r = time(raw, repeats);
      blas_set_num_threads(1);
      if (i >= 0) {
        ours[i] = f;
        theirs[i] = r;
      }
    }
    double f = median(ours);
    double r = median(theirs);
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %d | %d | %.0f | %.0f | %.3f |%n",
        operation,
        precision == Precision.FLOAT32 ? "float32" : "float64",
        n,
        threads,
        f,
        r,
        f / r);
  }

  /** Microseconds of one call. */
  private static double time(Runnable work, int repeats) {
    // threads that another library has just used keep the cores busy for a while
    long warm = System.nanoTime() + WARM_UP_NANOS;
    do {
      work.run();
    } while (System.nanoTime() < warm);
    long start = System.nanoTime();
    for (int i = 0; i < repeats; i++) {
      work.run();
    }
    return (System.nanoTime() - start) * 1e-3 / repeats;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
