package org.richkernel.bayes;

import java.util.List;
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
import org.richkernel.data.Dataset;
import org.richkernel.data.DatasetReader;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.PosteriorParameters;

/**
 * One measured sweep of a chain at its adapted step: a trajectory of ten leapfrogs in each of eight
 * blocks and the averages, on the MNIST digits 0 and 1 of test-data.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SamplerSweep {
  private static final int BLOCKS = 8;
  private static final int LEAPFROGS = 10;
  private static final int BURN_IN = 40;

  /** Host threads. */
  @Param({"1", "2"})
  public int threads;

  /** Of the hidden layer. */
  @Param({"relu", "tanh"})
  public String activation;

  /** P. */
  @Param("100")
  public int points;

  /** S. */
  @Param("500")
  public int samples;

  private Backend backend;
  private PrimalPosterior posterior;
  private FieldPopulation population;
  private LayerAverages layer;
  private SamplingChain chain;

  /** Draws the population and adapts the step. */
  @Setup
  public void start() {
    backend =
        Backends.open("cpu", new BackendOptions(threads, Long.MAX_VALUE), System.err::println);
    Dataset digits =
        DatasetReader.train(
                "test-data/mnist01-train-images-idx3-ubyte.gz",
                "test-data/mnist01-train-labels-idx1-ubyte.gz")
            .classes(0, 1)
            .trainSize(points)
            .read()
            .train();
    InputFactor input =
        InputFactor.of(
            backend,
            NetworkSpec.of(1, Activation.named(activation)),
            digits.inputs(),
            points,
            digits.inputDimension());
    double[] y = digits.targets();
    int rows = PrimalPosterior.largestBlock(samples, BLOCKS);
    PosteriorParameters parameters = new PosteriorParameters(1, 0.1, 1, 0);
    posterior =
        PrimalPosterior.ofBlocks(backend, Activation.named(activation), input, y, parameters, rows);
    population = posterior.newPopulation(samples, BLOCKS);
    layer = new LayerAverages(backend, input.rank(), points, 1, rows);
    chain =
        new SamplingChain(
            backend,
            7,
            0,
            posterior,
            population,
            List.of(layer),
            TrajectoryLength.fixed(LEAPFROGS),
            y,
            null,
            0);
    chain.start();
    for (int s = 0; s < BURN_IN; s++) {
      chain.burnIn();
    }
    chain.freeze();
  }

  /** Frees everything. */
  @TearDown
  public void close() {
    chain.close();
    layer.close();
    population.close();
    posterior.close();
    backend.close();
  }

  /** Moves every block once and measures. */
  @Benchmark
  public void sweep() {
    chain.sweep();
  }
}
