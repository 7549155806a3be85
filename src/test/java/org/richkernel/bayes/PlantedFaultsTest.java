package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
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
  private static final int SWEEPS = 120;

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
    SaddleOptions options =
        new SaddleOptions(1, 10, 160, 0, 3, TOLERANCE, SWEEPS)
            .withLargeData(new LargeData(form, 0));
    NetworkSpec network = NetworkSpec.of(1, activation);
    return new ChainEnsemble(
        backend, network, Digits.factor(backend, P), Digits.y(P), options, null, 0);
  }

  private static void burnIn(ChainEnsemble chains) {
    SaddleOptions options = new SaddleOptions(1, 10, 160, 0, 3, TOLERANCE, SWEEPS);
    Annealing annealing = Annealing.fromPrior(1, options);
    chains.start(null, new Conditions(0, 0.1));
    for (int sweep = 1; sweep <= annealing.sweeps(); sweep++) {
      chains.burnIn(annealing, sweep);
    }
    chains.forEach(SamplingChain::freeze);
  }

  /** Measures states that are made from those of chains in equilibrium before every sweep. */
  private static List<String> failuresOf(ChainEnsemble chains, UnaryOperator<float[]> planted) {
    burnIn(chains);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      chains.forEach(
          chain -> {
            chain.burnIn();
            float[] equilibrium = chain.fields();
            chain.start(planted.apply(equilibrium.clone()), chain.step());
            chain.sweep();
            chain.start(equilibrium, chain.step());
          });
      if (sweep % SaddleSampler.ROUND == 0) {
        chains.keepSnapshots();
      }
    }
    return chains.certificate(chains.estimate()).failures(TOLERANCE);
  }

  /** The planting itself, with the states left as they are, is certified: the control. */
  @ParameterizedTest
  @CsvSource({"RELU,PRIMAL", "TANH,PRIMAL", "RELU,DUAL", "TANH,DUAL"})
  void statesOfTheChainsThemselvesAreCertified(Activation activation, ReadoutForm form) {
    try (ChainEnsemble chains = ensemble(activation, form)) {
      assertThat(failuresOf(chains, state -> state)).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"RELU,PRIMAL", "TANH,PRIMAL", "RELU,DUAL", "TANH,DUAL"})
  void drawsOfThePriorAreNot(Activation activation, ReadoutForm form) {
    Random random = new Random(1);
    try (ChainEnsemble chains = ensemble(activation, form)) {
      assertThat(
              failuresOf(
                  chains,
                  state -> {
                    for (int i = 0; i < state.length; i++) {
                      state[i] = (float) random.nextGaussian();
                    }
                    return state;
                  }))
          .anyMatch(failure -> failure.contains("do not follow the density"));
    }
  }

  @ParameterizedTest
  @CsvSource({"RELU,PRIMAL", "TANH,PRIMAL", "RELU,DUAL", "TANH,DUAL"})
  void fieldsThreeTimesAsLargeAreNot(Activation activation, ReadoutForm form) {
    try (ChainEnsemble chains = ensemble(activation, form)) {
      assertThat(
              failuresOf(
                  chains,
                  state -> {
                    for (int i = 0; i < state.length; i++) {
                      state[i] *= 3;
                    }
                    return state;
                  }))
          .anyMatch(failure -> failure.contains("do not follow the density"));
    }
  }

  /** Chains that stay where they started, as in wells that they cannot leave. */
  @ParameterizedTest
  @EnumSource(names = {"PRIMAL", "DUAL"})
  void chainsThatDoNotMoveAreNot(ReadoutForm form) {
    try (ChainEnsemble chains = ensemble(Activation.TANH, form)) {
      burnIn(chains);
      try (ChainEnsemble frozen = ensemble(Activation.TANH, form)) {
        frozen.start(null, new Conditions(1, 0.1));
        SamplingChain[] from = chains.large();
        for (int c = 0; c < from.length; c++) {
          frozen.large()[c].start(from[c].fields(), 1e-7);
          frozen.small()[c].start(chains.small()[c].fields(), 1e-7);
        }
        frozen.forEach(SamplingChain::freeze);
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
          frozen.forEach(SamplingChain::sweep);
        }
        assertThat(frozen.certificate(frozen.estimate()).failures(TOLERANCE))
            .anyMatch(failure -> failure.contains("the chains disagree"));
      }
    }
  }

  /** Averages that begin at the prior and take 60 sweeps to the saddle. */
  @ParameterizedTest
  @EnumSource(names = {"PRIMAL", "DUAL"})
  void averagesWithoutBurnInAreNot(ReadoutForm form) {
    Random random = new Random(2);
    int[] calls = {0};
    try (ChainEnsemble chains = ensemble(Activation.RELU, form)) {
      assertThat(
              failuresOf(
                  chains,
                  state -> {
                    int sweep = calls[0]++ / 4; // of four chains
                    double angle = Math.min(1, sweep / 60.0) * Math.PI / 2;
                    for (int i = 0; i < state.length; i++) {
                      state[i] =
                          (float)
                              (Math.cos(angle) * random.nextGaussian()
                                  + Math.sin(angle) * state[i]);
                    }
                    return state;
                  }))
          .anyMatch(failure -> failure.contains("the chains disagree"));
    }
  }
}
