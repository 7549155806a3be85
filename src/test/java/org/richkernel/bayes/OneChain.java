package org.richkernel.bayes;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.stack.PosteriorParameters;

/** A single chain with all that it needs, for tests at one number of samples. */
final class OneChain implements AutoCloseable {
  static final int LEAPFROGS = 10;

  final Backend backend;
  final PrimalPosterior posterior;
  final FieldPopulation population;
  final EquilibriumIdentity identity;
  final SamplingChain chain;
  private final LayerAverages layer;
  private final @Nullable TestPointKernel testPoints;

  OneChain(
      Backend backend,
      Activation activation,
      InputFactor input,
      double[] y,
      PosteriorParameters parameters,
      int samples,
      int blocks,
      long seed,
      InputFactor.@Nullable Coordinates test) {
    this.backend = backend;
    int rows = PrimalPosterior.largestBlock(samples, blocks);
    posterior = PrimalPosterior.ofBlocks(backend, activation, input, y, parameters, rows);
    population = posterior.newPopulation(samples, blocks);
    int outputs = y.length / input.points();
    layer = new LayerAverages(backend, input.rank(), input.points(), outputs, rows);
    identity = layer.equilibrium();
    testPoints =
        test == null
            ? null
            : new TestPointKernel(
                backend, activation, parameters.readoutVariance(), input, test, 64);
    chain =
        new SamplingChain(
            backend,
            seed,
            0,
            posterior,
            population,
            List.of(layer),
            TrajectoryLength.fixed(LEAPFROGS),
            y,
            testPoints,
            test == null ? 0 : test.deviation().length);
  }

  /** Starts from the prior, adapts, freezes, measures. */
  OneChain run(int burnIn, int sweeps) {
    chain.start();
    for (int i = 0; i < burnIn; i++) {
      chain.burnIn();
    }
    chain.freeze();
    for (int i = 0; i < sweeps; i++) {
      chain.sweep();
    }
    return this;
  }

  @Override
  public void close() {
    chain.close();
    layer.close();
    population.close();
    if (testPoints != null) {
      testPoints.close();
    }
    posterior.close();
  }
}
