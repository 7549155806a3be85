package org.richkernel.bench;

import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;

/** Square products and Cholesky through the facade; {@link RawProducts} has the direct calls. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class FacadeProducts {
  /** Host threads. */
  @Param({"1", "2"})
  public int threads;

  /** Rows and columns. */
  @Param({"512", "1024", "2048"})
  public int n;

  /** Format of all matrices. */
  @Param({"FLOAT32", "FLOAT64"})
  public Precision precision;

  private Backend backend;
  private Matrix a;
  private Matrix b;
  private Matrix c;
  private Matrix kernel;
  private Matrix factor;

  /** Opens the backend and fills the operands. */
  @Setup
  public void open() {
    backend =
        Backends.open("cpu", new BackendOptions(threads, Long.MAX_VALUE), System.err::println);
    a = backend.allocate(precision, n, n, "a");
    b = backend.allocate(precision, n, n, "b");
    c = backend.allocate(precision, n, n, "c");
    kernel = backend.allocate(Precision.FLOAT64, n, n, "kernel");
    factor = backend.allocate(Precision.FLOAT64, n, n, "factor");
    backend.fill(1.0 / n, a);
    backend.fill(1, b);
    backend.fill(1.0 / n, kernel);
    backend.addDiagonal(1, kernel);
  }

  /** Frees everything. */
  @TearDown
  public void close() {
    a.close();
    b.close();
    c.close();
    kernel.close();
    factor.close();
    backend.close();
  }

  /** C = A B. */
  @Benchmark
  public void gemm() {
    backend.gemm(Transpose.NO, Transpose.NO, 1, a, b, 0, c);
  }

  /** C = A A^T, both triangles. */
  @Benchmark
  public void syrk() {
    backend.syrk(Transpose.NO, 1, a, 0, c);
  }

  /** A copy and a factorization in float64, whatever the precision. */
  @Benchmark
  public void cholesky() {
    backend.copy(kernel, factor);
    backend.cholesky(factor);
  }
}
