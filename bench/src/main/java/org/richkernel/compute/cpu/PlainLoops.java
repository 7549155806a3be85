package org.richkernel.compute.cpu;

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
import org.openjdk.jmh.annotations.Warmup;
import org.richkernel.compute.Activation;

/**
 * What a plain loop over one Java array reaches: the ceiling of an elementwise pass that the
 * compiler vectorises, without native memory, tiles or threads. Same sizes as FacadeFields.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PlainLoops {
  private static final int POINTS = 200;

  /** S of a field of S x 200. */
  @Param({"256", "100000"})
  public int samples;

  private float[] h;
  private float[] phi;

  /** Fills the field with numbers between -2 and 2. */
  @Setup
  public void fill() {
    h = new float[samples * POINTS];
    phi = new float[h.length];
    for (int i = 0; i < h.length; i++) {
      h[i] = 4f * (i * 7919 % 1000) / 999f - 2f;
    }
  }

  /** The yardstick. */
  @Benchmark
  public float[] copy() {
    System.arraycopy(h, 0, phi, 0, h.length);
    return phi;
  }

  /** phi = max(h, 0). */
  @Benchmark
  public float[] relu() {
    for (int i = 0; i < h.length; i++) {
      phi[i] = Math.max(h[i], 0f);
    }
    return phi;
  }

  /** h = max(h, 0). */
  @Benchmark
  public float[] reluInPlace() {
    Activation.RELU.apply(h, h.length);
    return h;
  }

  /** h = tanh(h). */
  @Benchmark
  public float[] tanhInPlace() {
    Activation.TANH.apply(h, h.length);
    return h;
  }

  /** h = erf(h). */
  @Benchmark
  public float[] erfInPlace() {
    Activation.ERF.apply(h, h.length);
    return h;
  }
}
