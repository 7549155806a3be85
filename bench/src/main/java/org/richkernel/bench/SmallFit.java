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
import org.richkernel.AdaptiveNbk;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.Datasets;
import org.richkernel.fit.AdaptiveNbkFit;
import org.richkernel.network.NetworkSpec;

/**
 * A whole adaptive fit with the NNGP beside it, of the MNIST digits 0 and 1 of test-data, with a
 * fixed number of sweeps so that every run does the same work; {@link WholeFit} fits to a
 * tolerance.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 5)
@Fork(1)
public class SmallFit {
  private static final int TESTS = 100;

  /** Host threads. */
  @Param({"1", "2"})
  public int threads;

  /** Of the hidden layer. */
  @Param({"relu", "tanh"})
  public String activation;

  /** P. */
  @Param("100")
  public int points;

  /** S, the larger number of samples of the extrapolation. */
  @Param("500")
  public int samples;

  /** Sweeps of each chain after its burn-in. */
  @Param("40")
  public int sweeps;

  private Backend backend;
  private Datasets digits;

  /** Opens the backend and reads the digits. */
  @Setup
  public void open() {
    backend =
        Backends.open("cpu", new BackendOptions(threads, Long.MAX_VALUE), System.err::println);
    digits =
        DatasetReader.train(
                "test-data/mnist01-train-images-idx3-ubyte.gz",
                "test-data/mnist01-train-labels-idx1-ubyte.gz")
            .test(
                "test-data/mnist01-test-images-idx3-ubyte.gz",
                "test-data/mnist01-test-labels-idx1-ubyte.gz")
            .classes(0, 1)
            .trainSize(points)
            .testSize(TESTS)
            .read();
  }

  /** Frees everything. */
  @TearDown
  public void close() {
    backend.close();
  }

  /** Burn-in, sweeps, averages, predictions; no tolerance would end it earlier. */
  @Benchmark
  public AdaptiveNbkFit fit() {
    return AdaptiveNbk.of(NetworkSpec.of(1, Activation.named(activation)))
        .gamma(1)
        .beta(10)
        .samples(samples)
        .tolerance(1e-9)
        .maxSweeps(sweeps)
        .fit(digits, backend);
  }
}
