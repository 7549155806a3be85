package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.group.RankGroup;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.PointHolders;
import org.richkernel.stack.PosteriorParameters;

/** The dual form with its points on several backends: the bits of one. */
class PointHoldersTest {
  private static final int D = 3;
  private static final int K = 2;
  private static final int S = 6;

  private final List<Backend> backends = new ArrayList<>();

  @AfterEach
  void close() {
    backends.forEach(Backend::close);
  }

  private PointHolders holders(int devices) {
    while (backends.size() < devices) {
      backends.add(
          Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {}));
    }
    return new PointHolders(backends.subList(0, devices), RankGroup.alone());
  }

  private static double[] normals(int count, long seed) {
    Random random = new Random(seed);
    return random.doubles(count).map(u -> (float) random.nextGaussian()).toArray();
  }

  private static double[] read(Backend backend, Matrix matrix) {
    double[] values = new double[Math.toIntExact(matrix.size())];
    backend.download(matrix, values);
    return values;
  }

  /** Everything that a chain asks of a posterior, through moves that are accepted and refused. */
  private List<double[]> asked(
      int devices, NetworkSpec network, int points, int blocks, double determinant) {
    PointHolders holders = holders(devices);
    Backend first = holders.first();
    InputFactor input = InputFactor.of(first, network, normals(points * D, 1), points, D);
    double[] y = normals(points * K, 2);
    PosteriorParameters parameters = new PosteriorParameters(0.8, 0.2, 1.4, determinant);
    List<double[]> answers = new ArrayList<>();
    try (DualPosterior posterior =
            new DualPosterior(
                holders, network, input, y, parameters, new int[] {S}, (S + blocks - 1) / blocks);
        FieldPopulation population = posterior.newPopulation(S, blocks)) {
      double[] xi = normals(Math.toIntExact(population.xi().size()), 3);
      first.upload(xi, population.xi());
      posterior.refresh(population);
      Consumer<FieldPopulation> state =
          of -> {
            answers.add(new double[] {of.potential()});
            for (Matrix each : List.of(of.kernel(), of.image(), of.weights(), of.dual())) {
              answers.add(read(first, each));
            }
          };
      state.accept(population);
      for (int move = 0; move < 4; move++) {
        posterior.begin(move % blocks);
        answers.add(read(first, posterior.gradient()));
        Matrix x = posterior.position();
        first.upload(normals(Math.toIntExact(x.size()), 10 + move), x);
        posterior.evaluate();
        answers.add(read(first, posterior.gradient()));
        answers.add(new double[] {posterior.potential()});
        if (move % 2 == 1) {
          posterior.accept();
          state.accept(population);
        }
      }
      posterior.complete(population);
      posterior.setReference(normals(points * K, 4));
      answers.add(posterior.kernelImage(population));
      answers.add(new double[] {posterior.effectiveDimension(population)});
      List<double[]> sums = List.of(new double[points * K]);
      float[] fields = new float[xi.length];
      first.download(population.xi(), fields);
      posterior.addKernelProducts(0.5, fields, List.of(y), sums);
      answers.addAll(sums);
      posterior.refresh(population);
      for (int l = 1; l <= network.hiddenLayers(); l++) {
        answers.add(read(first, population.kernel(l)));
        answers.add(posterior.directions(l, y));
      }
    }
    assertThat(backends).allSatisfy(backend -> assertThat(backend.openMatrices()).isZero());
    return answers;
  }

  private static NetworkSpec network(int layers) {
    return NetworkSpec.of(layers, layers == 1 ? Activation.RELU : Activation.TANH)
        .withBiasVariance(0.3);
  }

  /** 16 blocks of points; one of the last is shorter. */
  @ParameterizedTest
  @CsvSource({"1, 1, 0", "1, 3, 0.7", "2, 1, 0"})
  void bitsDoNotDependOnTheNumberOfDevices(int layers, int blocks, double determinant) {
    int points = 65_541;
    List<double[]> one = asked(1, network(layers), points, blocks, determinant);
    assertThat(one).allSatisfy(values -> assertThat(values).doesNotContain(Double.NaN));
    for (int devices : new int[] {2, 3, 4, 8}) {
      List<double[]> several = asked(devices, network(layers), points, blocks, determinant);
      assertThat(several).hasSameSizeAs(one);
      for (int i = 0; i < one.size(); i++) {
        assertThat(several.get(i)).as("answer %d of %d devices", i, devices).isEqualTo(one.get(i));
      }
    }
  }

  /** (S gamma^2 / 2) (|Y|^2 - b^T M^{-1} b) / kappa in float64, S x S by a library. */
  private static double value(
      InputFactor input, double[] y, PosteriorParameters parameters, double[] xi) {
    RealMatrix m = new Array2DRowRealMatrix(S, S);
    RealMatrix b = new Array2DRowRealMatrix(S, K);
    double size = 0;
    int r = input.rank();
    double[] phi = new double[S];
    for (int p = 0; p < input.points(); p++) {
      for (int s = 0; s < S; s++) {
        double h = 0;
        for (int i = 0; i < r; i++) {
          h += xi[s * r + i] * input.factor()[p * r + i];
        }
        phi[s] = Math.max(0, h);
      }
      for (int s = 0; s < S; s++) {
        for (int t = 0; t < S; t++) {
          m.addToEntry(s, t, phi[s] * phi[t]);
        }
        for (int k = 0; k < K; k++) {
          b.addToEntry(s, k, phi[s] * y[p * K + k]);
        }
      }
      for (int k = 0; k < K; k++) {
        size += y[p * K + k] * y[p * K + k];
      }
    }
    for (int s = 0; s < S; s++) {
      m.addToEntry(s, s, S * parameters.kappa() / parameters.readoutVariance());
    }
    RealMatrix w = new CholeskyDecomposition(m).getSolver().solve(b);
    double fit = (size - b.transpose().multiply(w).getTrace()) / parameters.kappa();
    return 0.5 * S * parameters.gamma() * parameters.gamma() * fit;
  }

  @Test
  void blocksSumToTheWhole() {
    int points = 8197;
    PointHolders holders = holders(2);
    Backend first = holders.first();
    NetworkSpec network = network(1);
    InputFactor input = InputFactor.of(first, network, normals(points * D, 1), points, D);
    double[] y = normals(points * K, 2);
    PosteriorParameters parameters = new PosteriorParameters(0.8, 0.2, 1.4, 0);
    double[] xi = normals(S * input.rank(), 3);
    try (DualPosterior posterior =
            new DualPosterior(holders, network, input, y, parameters, new int[] {S}, S);
        FieldPopulation population = posterior.newPopulation(S, 1)) {
      first.upload(xi, population.xi());
      posterior.refresh(population);
      double expected = value(input, y, parameters, xi);
      assertThat(population.potential()).isCloseTo(expected, within(1e-6 * expected));
      posterior.begin(0);
      double[] gradient = read(first, posterior.gradient());
      double scale = Arrays.stream(gradient).map(Math::abs).max().orElseThrow();
      for (int i = 0; i < xi.length; i++) {
        double step = 1e-5;
        double[] above = xi.clone();
        double[] below = xi.clone();
        above[i] += step;
        below[i] -= step;
        double difference =
            (value(input, y, parameters, above) - value(input, y, parameters, below)) / (2 * step);
        assertThat(gradient[i]).isCloseTo(difference, within(1e-4 * scale));
      }
    }
  }

  @Test
  void moreDevicesThanBlocksAreRefused() {
    PointHolders two = holders(2);
    assertThatThrownBy(() -> two.extents(8191)).hasMessageContaining("1 blocks for 2");
    assertThat(two.extents(8192)).hasSize(2);
  }
}
