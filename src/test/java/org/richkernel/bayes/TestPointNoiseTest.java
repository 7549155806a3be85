package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.FieldShape;
import org.richkernel.stack.PosteriorParameters;

/**
 * Fields that are drawn at new points belong to the point: they do not depend on how points are cut
 * into panels, and no two points share them.
 */
class TestPointNoiseTest {
  private static final NetworkSpec NETWORK = NetworkSpec.of(2, Activation.TANH);
  private static final int SAMPLES = 8;
  private static final int RANK = 3;
  private static final int TESTS = 11;

  private final Backend backend =
      Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  private final Random random = new Random(4);
  private final List<AutoCloseable> owned = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (int i = owned.size() - 1; i >= 0; i--) {
      owned.get(i).close();
    }
    backend.close();
  }

  private <T extends AutoCloseable> T own(T resource) {
    owned.add(resource);
    return resource;
  }

  private double[] normals(int count) {
    return random.doubles(count).map(u -> random.nextGaussian()).toArray();
  }

  private Matrix matrix(double[] values, int rows) {
    Matrix matrix = own(backend.allocate(Precision.FLOAT32, rows, values.length / rows, "values"));
    backend.upload(values, matrix);
    return matrix;
  }

  /** New points half of whose inputs lie outside of the span. */
  private static InputFactor.Coordinates points(double[] whitened, int from, int count) {
    double[] deviation = new double[count];
    Arrays.fill(deviation, 1);
    return new InputFactor.Coordinates(
        Arrays.copyOfRange(whitened, from * RANK, (from + count) * RANK), deviation);
  }

  /** Predictions of points from one on. */
  @FunctionalInterface
  private interface Prediction {
    void add(int from, int count, Matrix sum);
  }

  private double[] inPanels(int panel, Prediction prediction) {
    double[] all = new double[TESTS];
    for (int from = 0; from < TESTS; from += panel) {
      double[] part = new double[Math.min(panel, TESTS - from)];
      try (Matrix sum = backend.allocate(Precision.FLOAT64, part.length, 1, "predictions")) {
        prediction.add(from, part.length, sum);
        backend.download(sum, part);
      }
      System.arraycopy(part, 0, all, from, part.length);
    }
    return all;
  }

  private void requireSameForAnyPanel(Prediction prediction) {
    double[] whole = inPanels(TESTS, prediction);
    for (int panel : new int[] {4, 5}) {
      double[] found = inPanels(panel, prediction);
      for (int i = 0; i < TESTS; i++) {
        assertThat(found[i]).as("point %d", i).isCloseTo(whole[i], within(1e-5));
      }
    }
  }

  @Test
  void layersWithWeights() {
    double[] whitened = normals(TESTS * RANK);
    FieldShape shape = FieldShape.of(NETWORK, RANK, 0, FieldForm.WEIGHTS);
    List<Matrix> fields =
        List.of(
            matrix(normals(SAMPLES * RANK), SAMPLES), matrix(normals(SAMPLES * SAMPLES), SAMPLES));
    Matrix w = matrix(normals(SAMPLES), SAMPLES);
    requireSameForAnyPanel(
        (from, count, sum) -> {
          try (WeightTestPoints points =
              new WeightTestPoints(
                  backend, NETWORK, shape, points(whitened, from, count), SAMPLES, 1, SAMPLES)) {
            points.addPrediction(fields, w, new TestPoints.Draw(1, 2, 3, from), sum);
          }
        });
  }

  @Test
  void whitenedLayers() {
    int trained = 5;
    double[] x = normals(trained * RANK);
    InputFactor input = InputFactor.of(backend, NETWORK, x, trained, RANK);
    double[] whitened = normals(TESTS * RANK);
    PosteriorParameters parameters = new PosteriorParameters(1, 0.1, 1, 0);
    PrimalPosterior posterior =
        own(new PrimalPosterior(backend, NETWORK, input, normals(trained), parameters, SAMPLES));
    FieldPopulation population = own(posterior.newPopulation(SAMPLES, 1));
    backend.fillGaussian(3, 4, 0, population.xi());
    posterior.refresh(population);
    requireSameForAnyPanel(
        (from, count, sum) -> {
          try (DeepTestPoints points =
              new DeepTestPoints(
                  backend,
                  NETWORK,
                  input,
                  points(whitened, from, count),
                  posterior::jitter,
                  SAMPLES)) {
            points.addPrediction(population, new TestPoints.Draw(1, 2, 3, from), sum);
          }
        });
  }

  /** One input of three dimensions again and again, of which the training inputs span one. */
  @Test
  void noTwoNewInputsShareNoise() {
    int inputs = 1027;
    float[] fields = new float[2 * SAMPLES * (1 + SAMPLES)];
    float[] readout = new float[2 * SAMPLES];
    for (int i = 0; i < readout.length; i++) {
      readout[i] = 1 + i;
    }
    for (int i = 0; i < fields.length; i++) {
      fields[i] = (float) random.nextGaussian();
    }
    WeightPredictor predictor =
        new WeightPredictor(
            NETWORK,
            3,
            new double[] {1, 0, 0},
            1,
            new Populations(
                1,
                0.1,
                FieldForm.WEIGHTS,
                new int[] {1 + SAMPLES, 1 + SAMPLES},
                new int[] {SAMPLES, SAMPLES},
                new double[] {0.1, 0.1},
                fields),
            readout);
    double[] x = new double[3 * inputs];
    Arrays.fill(x, 1);
    double[] f = predictor.predict(backend, Inputs.of(x, inputs, 3));
    assertThat(Arrays.stream(f).distinct().count()).isEqualTo(inputs);
  }
}
