package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.sampling.IndependentEstimates;

/** Predictions of the single chains of a saved fit. */
class PredictionPartsTest {
  private static final float[] NEURONS = {1, 2, 3, 5, 7, 11, 13, 17, 19, 23};
  private static final float[] READOUT = {0.5f, -1, 2, 0.25f, 1, -0.5f, 3, 0.125f, -2, 1};

  /** One input dimension of rank one: a linear neuron gives its weight times x. */
  private static SampledPredictor predictor(int[] samples) {
    double[] steps = {0.1, 0.1, 0.2, 0.2};
    Populations populations = new Populations(1, 0.1, 1, samples, steps, NEURONS);
    return new SampledPredictor(
        NetworkSpec.of(1, Activation.LINEAR), 1, new double[] {1}, populations, READOUT);
  }

  private static double sum(int... neurons) {
    double sum = 0;
    for (int n : neurons) {
      sum += NEURONS[n] * READOUT[n];
    }
    return sum;
  }

  @Test
  void aPartIsAPopulationAtTheLargerSizeWithItsCompanionAtAQuarter() {
    // populations 0 1 of chain 1 at S, 2 3 of chain 2, then one row each of those at S / 4
    int[] samples = {2, 1, 2, 1, 1, 1, 1, 1};
    try (Backend backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), x -> {})) {
      SampledPredictor predictor = predictor(samples);
      Inputs inputs = Inputs.of(new double[] {1, -2}, 2, 1);
      List<double[]> parts = predictor.predictParts(backend, inputs);
      double unit = predictor.predict(backend, inputs)[0] / sum(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
      assertThat(parts).hasSize(4);
      int[][] neurons = {{0, 1, 6}, {2, 7}, {3, 4, 8}, {5, 9}};
      for (int e = 0; e < 4; e++) {
        assertThat(parts.get(e)[0]).isCloseTo(4 * unit * sum(neurons[e]), within(1e-4));
      }
      double[] mean = new IndependentEstimates(parts).mean();
      double[] whole = predictor.predict(backend, inputs);
      for (int i = 0; i < mean.length; i++) {
        assertThat(mean[i]).isCloseTo(whole[i], within(1e-4));
      }
    }
  }

  @Test
  void withoutKnownChainsThereIsOnePart() {
    SampledPredictor plain =
        new SampledPredictor(
            NetworkSpec.of(1, Activation.LINEAR), 1, 1, new double[] {1}, NEURONS, READOUT);
    try (Backend backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), x -> {})) {
      Inputs inputs = Inputs.of(new double[] {3}, 1, 1);
      assertThat(plain.predictParts(backend, inputs)).hasSize(1);
      assertThat(plain.predictParts(backend, inputs).get(0))
          .containsExactly(plain.predict(backend, inputs));
    }
  }
}
