package org.richkernel.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.richkernel.FiniteNetwork;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.data.Dataset;
import org.richkernel.data.Datasets;
import org.richkernel.data.Standardization;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.result.Result;
import org.richkernel.result.Score;

class FiniteTrainingFitTest {
  private static final int TRAIN = 5;
  private static final int TEST = 3;

  private static Dataset points(int count, double scale, Random random) {
    double[][] x = new double[count][4];
    double[] y = new double[count];
    for (int i = 0; i < count; i++) {
      y[i] = i % 2 == 0 ? 1 : -1;
      for (int k = 0; k < x[i].length; k++) {
        x[i][k] = scale * random.nextGaussian();
      }
    }
    return Dataset.of(x, y);
  }

  private static Result train(double scale) {
    Random random = new Random(3);
    Dataset train = points(TRAIN, scale, random);
    Dataset test = points(TEST, scale, random);
    Datasets data = new Datasets(train, Optional.of(test), Standardization.IDENTITY);
    try (Backend backend = Backends.cpu()) {
      return FiniteNetwork.of(NetworkSpec.of(2, Activation.TANH), 10)
          .repeats(3)
          .training()
          .steps(8)
          .fit(data, backend)
          .result(Map.of(), 0);
    }
  }

  /** Narrow networks, whose own losses are well above that of their mean output. */
  @Test
  void lossesOverTimeAreThoseOfTheOutputsBesideThemAndEndAtTheSummary() {
    Result result = train(1);
    requireLosses(result, "train", TRAIN, result.summary().train().orElseThrow());
    requireLosses(result, "test", TEST, result.summary().test().orElseThrow());
  }

  private static void requireLosses(Result result, String set, int points, Score score) {
    double[] y = result.array("y_" + set).orElseThrow().values();
    double[] f = result.array("f_" + set + "_t").orElseThrow().values();
    double[] loss = result.array("loss_" + set + "_t").orElseThrow().values();
    assertThat(loss).hasSize(9);
    for (int t = 0; t < loss.length; t++) {
      double sum = 0;
      for (int i = 0; i < points; i++) {
        sum += Math.pow(y[i] - f[t * points + i], 2);
      }
      assertThat(loss[t]).isCloseTo(sum / points, within(1e-12));
    }
    assertThat(score.loss().getAsDouble()).isCloseTo(loss[8], within(1e-12));
    double[] errors = result.array("loss_" + set + "_t_standard_error").orElseThrow().values();
    assertThat(score.lossStandardError()).hasValue(errors[8]);
    assertThat(errors[8]).isPositive();
  }

  @Test
  void inputsThatOverflowBeforeTrainingAreRefusedInOneLine() {
    assertThatThrownBy(() -> train(1e40))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage(
            "train-x is too large for float32; outputs overflow before training; standardize the"
                + " inputs");
  }
}
