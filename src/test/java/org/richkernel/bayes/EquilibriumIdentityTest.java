package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.RandomStreams;
import org.richkernel.sampling.MonteCarloSeries;
import org.richkernel.stack.PosteriorParameters;

/** The certificate of the density holds where it must and fails where it must. */
class EquilibriumIdentityTest {
  private static final int P = 12;
  private static final int S = 200;
  private static final int SWEEPS = 300;

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  @AfterEach
  void close() {
    backend.close();
  }

  /** Independent draws of the prior, seen with the force of a target at this gamma. */
  private EquilibriumIdentity priorDraws(Activation f, double gamma) {
    InputFactor input = Digits.factor(backend, P);
    double[] y = Digits.y(P);
    int blockRows = 67; // blocks of 66, 67 and 67 rows
    EquilibriumIdentity identity = new EquilibriumIdentity(backend, input.rank(), 1, blockRows);
    try (PrimalPosterior posterior =
            PrimalPosterior.ofBlocks(
                backend, f, input, y, new PosteriorParameters(gamma, 0.1, 1, 0), blockRows);
        FieldPopulation population = posterior.newPopulation(S, 3)) {
      identity.setDirections(
          EquilibriumIdentity.directions(Values.wide(input.factor()), y, input.points()));
      for (int i = 0; i < SWEEPS; i++) {
        long stream = RandomStreams.stream(RandomStreams.INITIAL_FIELD, 0, i);
        backend.fillGaussian(5, stream, 0, population.xi());
        posterior.refresh(population);
        for (int block = 0; block < 3; block++) {
          posterior.begin(block);
          identity.observe(posterior.position(), posterior.gradient());
        }
        identity.endSweep();
      }
    }
    return identity;
  }

  /**
   * Without a tilt the prior is the density: four standard errors, and the error is the known one.
   */
  @Test
  void holdsOnExactSamplesOfTheUntiltedDensity() {
    try (EquilibriumIdentity identity = priorDraws(Activation.TANH, 0)) {
      MonteCarloSeries mismatch = identity.mismatch();
      assertThat(mismatch.size()).isEqualTo(SWEEPS);
      assertThat(mismatch.mean()).isCloseTo(0, within(4 * mismatch.standardError()));
      // Var (xi.u)^2 = 2, S values a sweep
      double exact = Math.sqrt(2.0 / (S * SWEEPS));
      assertThat(mismatch.standardError() / exact).isBetween(0.7, 1.8);
      assertThat(identity.spread().mean()).isCloseTo(1, within(4 * exact));
    }
  }

  @ParameterizedTest
  @Activations
  void isViolatedByTheWrongDensity(Activation f) {
    try (EquilibriumIdentity identity = priorDraws(f, 0.5)) {
      MonteCarloSeries mismatch = identity.mismatch();
      assertThat(Math.abs(mismatch.mean())).isGreaterThan(20 * mismatch.standardError());
      assertThat(Math.abs(mismatch.mean()) / identity.spread().mean()).isGreaterThan(0.1);
    }
  }

  /** Four standard errors, at finite S, with and without the determinant. */
  @ParameterizedTest
  @CsvSource({"RELU, 0", "TANH, 0", "ERF, 0", "LINEAR, 0", "RELU, 0.5", "TANH, 0.5"})
  void holdsOnSamplesOfTheChain(Activation f, double determinant) {
    PosteriorParameters parameters = new PosteriorParameters(0.7, 0.1, 1, determinant);
    try (OneChain one =
        new OneChain(backend, f, Digits.factor(backend, P), Digits.y(P), parameters, 60, 3, 2, null)
            .run(150, 600)) {
      MonteCarloSeries mismatch = one.identity.mismatch();
      assertThat(mismatch.mean()).isCloseTo(0, within(4 * mismatch.standardError()));
      // and would notice 5 %
      assertThat(mismatch.standardError()).isLessThan(0.0125 * one.identity.spread().mean());
      assertThat(one.identity.spread().mean()).isGreaterThan(1.1);
    }
  }

  @Test
  void directionsAreUnitVectorsEvenForAZeroDual() {
    InputFactor input = Digits.factor(backend, P);
    try (EquilibriumIdentity identity = new EquilibriumIdentity(backend, input.rank(), 2, 10)) {
      double[] v = new double[2 * P];
      for (int i = 0; i < P; i++) {
        v[2 * i] = i - 3.0;
      }
      identity.setDirections(
          EquilibriumIdentity.directions(Values.wide(input.factor()), v, input.points()));
      double[] u = identity.directions();
      double first = 0;
      double second = 0;
      for (int i = 0; i < input.rank(); i++) {
        first += u[2 * i] * u[2 * i];
        second += u[2 * i + 1] * u[2 * i + 1];
      }
      assertThat(first).isCloseTo(1, within(1e-6));
      assertThat(second).isEqualTo(1);
    }
  }
}
