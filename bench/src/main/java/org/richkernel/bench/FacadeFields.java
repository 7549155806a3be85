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
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;

/** Work on a field of S samples of P = 200 points: elementwise, normals, Gram. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class FacadeFields {
  private static final int POINTS = 200;

  /** S: fields of 80 MB come from memory, those of 0.2 MB stay in the second cache. */
  @Param({"256", "100000"})
  public int samples;

  /** Host threads. */
  @Param({"1", "2"})
  public int threads;

  private Backend backend;
  private Matrix h;
  private Matrix phi;
  private Matrix slope;
  private Matrix v;
  private Matrix gram;

  /** Opens the backend and draws the field. */
  @Setup
  public void open() {
    backend =
        Backends.open("cpu", new BackendOptions(threads, Long.MAX_VALUE), System.err::println);
    h = backend.allocate(Precision.FLOAT32, samples, POINTS, "h");
    phi = backend.allocate(Precision.FLOAT32, samples, POINTS, "phi");
    slope = backend.allocate(Precision.FLOAT32, samples, POINTS, "slope");
    v = backend.allocate(Precision.FLOAT32, POINTS, 1, "v");
    gram = backend.allocate(Precision.FLOAT64, POINTS, POINTS, "gram");
    backend.fillGaussian(1, 1, 0, h);
    backend.fillGaussian(1, 2, 0, v);
  }

  /** Frees everything. */
  @TearDown
  public void close() {
    h.close();
    phi.close();
    slope.close();
    v.close();
    gram.close();
    backend.close();
  }

  /** The yardstick of elementwise work. */
  @Benchmark
  public void copy() {
    backend.copy(h, phi);
  }

  /** phi = max(h, 0). */
  @Benchmark
  public void relu() {
    backend.activate(Activation.RELU, h, phi);
  }

  /** h = max(h, 0) in place. */
  @Benchmark
  public void reluInPlace() {
    backend.activate(Activation.RELU, h, h);
  }

  /** h = tanh(h) in place: values shrink slowly with the calls, the work stays. */
  @Benchmark
  public void tanhInPlace() {
    backend.activate(Activation.TANH, h, h);
  }

  /** h = erf(h) in place: values go to the fixed point 0.62. */
  @Benchmark
  public void erfInPlace() {
    backend.activate(Activation.ERF, h, h);
  }

  /** phi = tanh(h). */
  @Benchmark
  public void tanh() {
    backend.activate(Activation.TANH, h, phi);
  }

  /** phi = erf(h). */
  @Benchmark
  public void erf() {
    backend.activate(Activation.ERF, h, phi);
  }

  /** phi = erf(h) with its derivative. */
  @Benchmark
  public void erfWithDerivative() {
    backend.activateWithDerivative(Activation.ERF, h, phi, slope);
  }

  /** Standard normals. */
  @Benchmark
  public void normals() {
    backend.fillGaussian(7, 3, 0, phi);
  }

  /** Rank-one back-projection. */
  @Benchmark
  public void backProject() {
    backend.backProject(0.1, h, h, v, phi);
  }

  /** Kick and rotation. */
  @Benchmark
  public void kickRotate() {
    backend.kickRotate(0.1, h, 0.1, phi, slope);
  }

  /** P x P Gram matrix in float64. */
  @Benchmark
  public void gram() {
    backend.gram(1.0 / samples, h, 0, gram);
  }
}
