package org.richkernel.bench;

import static org.bytedeco.openblas.global.openblas_full.CblasLower;
import static org.bytedeco.openblas.global.openblas_full.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_full.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_full.LAPACKE_dpotrf;
import static org.bytedeco.openblas.global.openblas_full.LAPACK_COL_MAJOR;
import static org.bytedeco.openblas.global.openblas_full.blas_set_num_threads;
import static org.bytedeco.openblas.global.openblas_full.cblas_dgemm;
import static org.bytedeco.openblas.global.openblas_full.cblas_dsyrk;
import static org.bytedeco.openblas.global.openblas_full.cblas_sgemm;
import static org.bytedeco.openblas.global.openblas_full.cblas_ssyrk;

import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.richkernel.compute.Precision;

/**
 * The same products as direct OpenBLAS calls with OpenBLAS's own threads: what {@link
 * FacadeProducts} is compared with. The symmetric product writes one triangle only.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RawProducts {
  /** Threads of OpenBLAS. */
  @Param({"1", "2"})
  public int threads;

  /** Rows and columns. */
  @Param({"512", "1024", "2048"})
  public int n;

  /** Format of all matrices. */
  @Param({"FLOAT32", "FLOAT64"})
  public Precision precision;

  private FloatPointer fa;
  private FloatPointer fb;
  private FloatPointer fc;
  private DoublePointer da;
  private DoublePointer db;
  private DoublePointer dc;
  private DoublePointer kernel;

  /** Allocates the operands; they live as long as the forked process. */
  @Setup
  public void open() {
    blas_set_num_threads(threads);
    long size = (long) n * n;
    fa = new FloatPointer(size);
    fb = new FloatPointer(size);
    fc = new FloatPointer(size);
    da = new DoublePointer(size);
    db = new DoublePointer(size);
    dc = new DoublePointer(size);
    kernel = new DoublePointer(size);
    for (long i = 0; i < size; i++) {
      fa.put(i, 1f / n);
      fb.put(i, 1f);
      da.put(i, 1.0 / n);
      db.put(i, 1.0);
      kernel.put(i, i % (n + 1) == 0 ? 1 + 1.0 / n : 1.0 / n);
    }
  }

  /** C = A B. */
  @Benchmark
  public void gemm() {
    if (precision == Precision.FLOAT32) {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1f, fa, n, fb, n, 0f, fc, n);
    } else {
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, da, n, db, n, 0, dc, n);
    }
  }

  /** Lower triangle of C = A A^T. */
  @Benchmark
  public void syrk() {
    if (precision == Precision.FLOAT32) {
      cblas_ssyrk(CblasRowMajor, CblasLower, CblasNoTrans, n, n, 1f, fa, n, 0f, fc, n);
    } else {
      cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, n, n, 1, da, n, 0, dc, n);
    }
  }

  /** A copy and a factorization in float64, whatever the precision. */
  @Benchmark
  public int cholesky() {
    Pointer.memcpy(dc, kernel, (long) n * n * Double.BYTES);
    return LAPACKE_dpotrf(LAPACK_COL_MAJOR, (byte) 'U', n, dc, n);
  }
}
