package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.Conditions;

/** Populations that are not at the saddle, planted into the chains: none is certified. */
class PlantedFaultsTest {
  private static final int P = 20;
  private static final double TOLERANCE = 0.05;

  /** As many as a certificate wants, and enough to see a fault. */
  private static final int SWEEPS = 120;

  private static final int FEWER = 60;

  private static final SaddleOptions OPTIONS =
      new SaddleOptions(1, 10, 96, 0, 3, TOLERANCE, SWEEPS);

  private final Random random = new Random(1);
  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), message -> {});
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private ChainEnsemble ensemble(Activation activation, ReadoutForm form) {
    return new ChainEnsemble(
        backend,
        NetworkSpec.of(1, activation),
        Digits.factor(backend, P),
        Digits.y(P),
        OPTIONS.withLargeData(new LargeData(form, 0)),
        null,
        0);
  }

  private static void burnIn(ChainEnsemble chains) {
    Annealing annealing = Annealing.fromPrior(1, OPTIONS);
    chains.start(null, new Conditions(0, 0.1));
    for (int sweep = 1; sweep <= annealing.sweeps(); sweep++) {
      chains.burnIn(annealing, sweep);
    }
    chains.forEach(SamplingChain::freeze);
  }

  /** Measures sweeps of every chain, each from a state that is given. */
  private static List<String> failuresOf(
      ChainEnsemble chains, int sweeps, Function<SamplingChain, float[]> before) {
    chains.discard();
    for (int sweep = 0; sweep < sweeps; sweep++) {
      chains.forEach(
          chain -> {
            chain.start(before.apply(chain), chain.step());
            chain.sweep();
          });
      if (sweep % SaddleSampler.ROUND == 0) {
        chains.keepSnapshots();
        chains.followMeanDual();
      }
    }
    return chains.certificate(chains.estimate()).failures(TOLERANCE);
  }

  /** The same of states that are made from those of equilibrium. */
  private static List<String> failuresOf(
      ChainEnsemble chains, List<float[]> equilibrium, UnaryOperator<float[]> planted) {
    Iterator<float[]> states = equilibrium.iterator();
    return failuresOf(chains, FEWER, chain -> planted.apply(states.next().clone()));
  }

  /** The control is the planting itself, with the states left as they are. */
  @ParameterizedTest
  @CsvSource({"RELU,PRIMAL", "TANH,PRIMAL", "RELU,DUAL", "TANH,DUAL"})
  void onlyStatesOfTheChainsThemselvesAreCertified(Activation activation, ReadoutForm form) {
    try (ChainEnsemble chains = ensemble(activation, form)) {
      burnIn(chains);
      List<float[]> equilibrium = new ArrayList<>();
      List<String> control =
          failuresOf(
              chains,
              SWEEPS,
              chain -> {
                equilibrium.add(chain.fields());
                return chain.fields();
              });
      assertThat(control).isEmpty();
      assertThat(failuresOf(chains, equilibrium, state -> mixed(state, 1, 0)))
          .as("draws of the prior")
          .anyMatch(failure -> failure.contains("do not follow the density"));
      assertThat(failuresOf(chains, equilibrium, state -> mixed(state, 0, 3)))
          .as("fields three times as large")
          .anyMatch(failure -> failure.contains("do not follow the density"));
      int[] calls = {0};
      assertThat(
              failuresOf(
                  chains,
                  equilibrium,
                  state -> {
                    int sweep = calls[0]++ / 4; // of four chains
                    double angle = Math.min(1, 2.0 * sweep / FEWER) * Math.PI / 2;
                    return mixed(state, Math.cos(angle), Math.sin(angle));
                  }))
          .as("averages that begin at the prior and take half of their sweeps to the saddle")
          .anyMatch(failure -> failure.contains("the chains disagree"));
    }
  }

  private float[] mixed(float[] state, double ofPrior, double ofState) {
    for (int i = 0; i < state.length; i++) {
      state[i] = (float) (ofPrior * random.nextGaussian() + ofState * state[i]);
    }
    return state;
  }

  /** Chains that stay where they started, as in wells that they cannot leave. */
  @ParameterizedTest
  @EnumSource(names = {"PRIMAL", "DUAL"})
  void chainsThatDoNotMoveAreNot(ReadoutForm form) {
    try (ChainEnsemble chains = ensemble(Activation.TANH, form);
        ChainEnsemble frozen = ensemble(Activation.TANH, form)) {
      burnIn(chains);
      frozen.start(null, new Conditions(1, 0.1));
      SamplingChain[] from = chains.large();
      for (int c = 0; c < from.length; c++) {
        frozen.large()[c].start(from[c].fields(), 1e-7);
        frozen.small()[c].start(chains.small()[c].fields(), 1e-7);
      }
      frozen.forEach(SamplingChain::freeze);
      for (int sweep = 0; sweep < SaddleSampler.ROUND; sweep++) {
        frozen.forEach(SamplingChain::sweep);
      }
      Certificate certificate = frozen.certificate(frozen.estimate());
      // chains that move have less than 3 after as many sweeps
      assertThat(certificate.mixing().rHat()).isGreaterThan(10);
      assertThat(certificate.failures(TOLERANCE))
          .anyMatch(failure -> failure.contains("the chains disagree"));
    }
  }
}
