package org.richkernel.lazy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.NetworkSpec;

class InputCovarianceTest {
  /** Dimensions of one panel and of two and a bit. */
  @ParameterizedTest
  @ValueSource(ints = {11, 2500})
  void everyEntryIsTheScaledScalarProductOfItsPointsAndTheBias(int dimension) {
    int points = 7;
    double[] x = new Random(2).doubles((long) points * dimension, -3, 3).toArray();
    NetworkSpec network =
        NetworkSpec.of(2, Activation.TANH).withWeightVariances(1.7, 1, 1).withBiasVariance(0.3);
    double[] seen;
    try (Backend backend = Backends.cpu()) {
      seen = InputCovariance.of(backend, network, x, points, dimension);
    }
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        double sum = 0;
        for (int k = 0; k < dimension; k++) {
          sum += x[i * dimension + k] * x[j * dimension + k];
        }
        assertThat(seen[i * points + j]).isCloseTo(1.7 * sum / dimension + 0.3, within(1e-12));
      }
    }
  }
}
