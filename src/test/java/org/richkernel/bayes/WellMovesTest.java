package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;
import org.richkernel.stack.PosteriorParameters;

/** Jumps between wells: their change of the potential, their density, and what they are for. */
class WellMovesTest {
  private static Backend open() {
    return Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  /** Exchanges one after the other against the potential computed anew from all neurons. */
  @ParameterizedTest
  @CsvSource({"1, 0", "2, 1.5"})
  void gainIsTheFallOfThePotential(int outputs, double determinant) {
    int p = 4;
    int b = 5;
    int others = 3;
    Random random = new Random(5);
    double[][] neurons = new double[2 * b + others][p];
    for (double[] neuron : neurons) {
      for (int i = 0; i < p; i++) {
        neuron[i] = random.nextGaussian();
      }
    }
    double[][] y = new double[outputs][p];
    for (double[] column : y) {
      for (int i = 0; i < p; i++) {
        column[i] = random.nextGaussian();
      }
    }
    boolean[] in = new boolean[neurons.length];
    for (int i = 0; i < neurons.length; i++) {
      in[i] = i < b || i >= 2 * b;
    }
    double[] gram = new double[4 * b * b];
    double[] fit = new double[2 * b * outputs];
    for (int i = 0; i < 2 * b; i++) {
      for (int j = 0; j < 2 * b; j++) {
        gram[i * 2 * b + j] = form(neurons, in, neurons[i], neurons[j])[0];
      }
      for (int k = 0; k < outputs; k++) {
        fit[i * outputs + k] = form(neurons, in, neurons[i], y[k])[0];
      }
    }
    double half = 1.7;
    NeuronSwaps swaps = new NeuronSwaps(gram, fit, half, determinant);
    for (int i = 0; i < b; i++) {
      double before = potential(neurons, in, y, half, determinant);
      boolean[] exchanged = in.clone();
      exchanged[i] = false;
      exchanged[b + i] = true;
      double after = potential(neurons, exchanged, y, half, determinant);
      assertThat(swaps.gain(i)).isCloseTo(before - after, within(1e-10));
      if (i % 2 == 0) {
        swaps.accept(i);
        in = exchanged;
      }
    }
  }

  private static double potential(
      double[][] neurons, boolean[] in, double[][] y, double half, double determinant) {
    double sum = 0;
    double log = 0;
    for (double[] column : y) {
      double[] found = form(neurons, in, column, column);
      sum += half * found[0];
      log = found[1];
    }
    return sum + determinant * log;
  }

  /** u^T A^{-1} w and ln det A for A = sum of the chosen neurons' squares + 0.3, by elimination. */
  private static double[] form(double[][] neurons, boolean[] in, double[] u, double[] w) {
    int p = u.length;
    double[][] a = new double[p][p + 1];
    for (int i = 0; i < p; i++) {
      a[i][i] = 0.3;
      a[i][p] = w[i];
      for (int n = 0; n < neurons.length; n++) {
        for (int j = 0; in[n] && j < p; j++) {
          a[i][j] += neurons[n][i] * neurons[n][j];
        }
      }
    }
    double log = 0;
    for (int k = 0; k < p; k++) {
      log += Math.log(a[k][k]);
      for (int i = 0; i < p; i++) {
        double factor = i == k ? 0 : a[i][k] / a[k][k];
        for (int j = k; j <= p; j++) {
          a[i][j] -= factor * a[k][j];
        }
      }
    }
    double value = 0;
    for (int k = 0; k < p; k++) {
      value += u[k] * a[k][p] / a[k][k];
    }
    return new double[] {value, log};
  }

  /** Jumps alone, two neurons at one input dimension, against the integral over both fields. */
  @ParameterizedTest
  @CsvSource({"TANH, 1, 0.5", "ERF, 2, 0"})
  void jumpsKeepTheDensity(Activation f, int outputs, double determinant) {
    double[] x = {1.1, -0.4};
    double[] y = outputs == 1 ? new double[] {1, -0.9} : new double[] {1, 0.4, -0.9, 0.2};
    double gamma = 1.5;
    double kappa = 0.3;
    NetworkSpec network = NetworkSpec.of(1, f).withWeightVariances(1.5, 0.8);
    PosteriorParameters parameters = new PosteriorParameters(gamma, kappa, 0.8, determinant);
    try (Backend backend = open()) {
      InputFactor input = InputFactor.of(backend, network, x, 2, 1);
      SaddleOptions options = new SaddleOptions(gamma, 1 / kappa, 2, 1, 1, 1e-3, 1);
      EnsembleLayout layout = EnsembleLayout.of(backend, network, options, 2, 1, outputs, 0);
      try (PrimalPosterior posterior =
              PrimalPosterior.ofBlocks(backend, f, input, y, parameters, 2);
          FieldPopulation population = posterior.newPopulation(2, 1);
          WellMoves moves = new WellMoves(backend, layout, parameters, posterior)) {
        backend.upload(new float[] {0.5f, -2}, population.xi());
        posterior.refresh(population);
        double[] v = new double[2 * outputs];
        backend.download(population.dual(), v);
        WellMixture mixture = moves.search(v, List.of(new float[] {0.5f, -2}), 1, 0);
        double[] expected = integrals(posterior, backend, population);
        int batches = 40;
        int length = 2000;
        double[][] means = new double[batches][3];
        float[] fields = new float[2];
        backend.upload(new float[] {0.5f, -2}, population.xi());
        posterior.refresh(population);
        for (int sweep = 0; sweep < batches * length; sweep++) {
          moves.move(population, mixture, 7, 0, sweep);
          backend.download(population.xi(), fields);
          double[] seen = observables(fields[0], fields[1], population.potential());
          for (int o = 0; o < 3; o++) {
            means[sweep / length][o] += seen[o] / length;
          }
        }
        for (int o = 0; o < 3; o++) {
          double mean = 0;
          double square = 0;
          for (double[] batch : means) {
            mean += batch[o] / batches;
            square += batch[o] * batch[o] / batches;
          }
          double error = Math.sqrt((square - mean * mean) / (batches - 1));
          assertThat(error).isLessThan(0.01 * expected[o]);
          assertThat(mean).isCloseTo(expected[o], within(4 * error));
        }
        double kept = population.potential();
        posterior.refresh(population);
        assertThat(kept).isCloseTo(population.potential(), within(1e-5 * Math.abs(kept)));
      }
    }
  }

  private static double[] observables(double first, double second, double potential) {
    return new double[] {first * first + second * second, Math.abs(first * second), 5 + potential};
  }

  /** Means of the observables by the trapezoidal rule. */
  private static double[] integrals(
      PrimalPosterior posterior, Backend backend, FieldPopulation population) {
    double[] sums = new double[3];
    double total = 0;
    double step = 0.1;
    // V does not see the order of the neurons, nor the sign of one.
    for (int i = 0; i < 70; i++) {
      for (int j = 0; j <= i; j++) {
        double first = (i + 0.5) * step;
        double second = (j + 0.5) * step;
        backend.upload(new float[] {(float) first, (float) second}, population.xi());
        posterior.refresh(population);
        double weight =
            (i == j ? 1 : 2)
                * Math.exp(-0.5 * (first * first + second * second) - population.potential());
        double[] seen = observables(first, second, population.potential());
        total += weight;
        for (int o = 0; o < 3; o++) {
          sums[o] += weight * seen[o];
        }
      }
    }
    for (int o = 0; o < 3; o++) {
      sums[o] /= total;
    }
    return sums;
  }

  /** All maxima of a fine grid are found, and no others. */
  @ParameterizedTest
  @Activations({"tanh", "erf"})
  void searchFindsTheMaximaOfAGrid(Activation f) {
    double[] factor = {-0.06, -0.89, -4.29};
    double[] v = {3, -1.9, 5.5};
    double strength = 9;
    List<double[]> starts = new ArrayList<>();
    for (int i = -60; i <= 60; i++) {
      starts.add(new double[] {0.5 * i + 0.1});
    }
    List<Double> found =
        new WellSearch(f, factor, 1, v, strength)
            .from(starts).stream().map(well -> Math.abs(well.maximum()[0])).sorted().toList();
    List<Double> expected = new ArrayList<>();
    double step = 1e-3;
    for (int i = 1; i < 100_000; i++) {
      double here = height(f, factor, v, strength, i * step);
      if (here > height(f, factor, v, strength, (i - 1) * step)
          && here >= height(f, factor, v, strength, (i + 1) * step)) {
        expected.add(i * step);
      }
    }
    assertThat(expected).hasSizeGreaterThan(1);
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i)).isCloseTo(expected.get(i), within(step));
    }
  }

  private static double height(
      Activation f, double[] factor, double[] v, double strength, double xi) {
    double fit = 0;
    for (int p = 0; p < v.length; p++) {
      fit += v[p] * f.value(factor[p] * xi);
    }
    return 0.5 * (strength * fit * fit - xi * xi);
  }

  private static final double[] X = {1.2, 0.3, -0.5, 1.1, 0.8, -0.9, -1.0, -0.6};
  private static final double[] Y = {1, -1, 0.5, -0.3};

  private static AdaptiveNbkSolution solve(Backend backend, Activation f, double gamma, long seed) {
    SaddleOptions options =
        SaddleOptions.of(gamma, 10).withSamples(400).withSeed(seed).withTolerance(0.03);
    return new AdaptiveNbkSolver(
            backend,
            new AdaptiveProblem(
                NetworkSpec.of(1, f),
                options,
                Inputs.of(X, 4, 2),
                Targets.of(Y, 4, 1),
                Inputs.of(new double[0], 0, 2)))
        .solve(RunControl.silent());
  }

  /**
   * A problem whose three wells trajectories do not cross in thousands of sweeps. The values are
   * exact, by quadrature over the two weights of a neuron.
   */
  @Test
  void severalWellsAreCertifiedAndRight() {
    try (Backend backend = open()) {
      for (long seed = 1; seed <= 3; seed++) {
        AdaptiveNbkSolution found = solve(backend, Activation.TANH, 6, seed);
        assertThat(found.certificate().wells().orElse(0)).isGreaterThan(1);
        assertThat(found.converged()).isTrue();
        assertThat(found.certificate().mixing().autocorrelationTime()).isLessThan(10);
        AdaptiveNbkSolution.Layer layer = found.layers().get(0);
        assertThat(layer.alignment().value())
            .isCloseTo(0.8713838469955207, within(4 * layer.alignment().error()));
        assertThat(layer.trace().value())
            .isCloseTo(0.7791851569079206, within(4 * layer.trace().error()));
        assertThat(found.dualFit().value())
            .isCloseTo(2.236656978312583, within(4 * found.dualFit().error()));
        assertThat(layer.alignment().error()).isLessThan(0.002);
      }
    }
  }

  @Test
  void unboundedActivationsAreNotSearched() {
    try (Backend backend = open()) {
      assertThat(solve(backend, Activation.RELU, 1, 1).certificate().wells()).isEmpty();
    }
  }
}
