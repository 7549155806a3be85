package org.richkernel.bayes;

import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;

/** A single chain with all that it needs, for tests at one number of samples. */
final class OneChain implements AutoCloseable {
  static final int LEAPFROGS = 10;

  final HiddenLayerPosterior posterior;
  final FieldPopulation population;
  final EquilibriumIdentity identity;
  final SamplingChain chain;
  private final @Nullable TestPointKernel testPoints;

  OneChain(
      Backend backend,
      Activation activation,
      InputFactor input,
      double[] y,
      HiddenLayerPosterior.Parameters parameters,
      int samples,
      int blocks,
      long seed,
      InputFactor.@Nullable Coordinates test) {
    int rows = HiddenLayerPosterior.largestBlock(samples, blocks);
    posterior = new HiddenLayerPosterior(backend, activation, input, y, parameters, rows);
    population = posterior.newPopulation(samples, blocks);
    identity = new EquilibriumIdentity(backend, input, y.length / input.points(), rows);
    testPoints = test == null ? null : new TestPointKernel(backend, activation, input, test, 64);
    chain =
        new SamplingChain(
            backend,
            seed,
            0,
            posterior,
            population,
            identity,
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
    identity.close();
    population.close();
    if (testPoints != null) {
      testPoints.close();
    }
    posterior.close();
  }
}
