package org.richkernel.bayes.multiscale;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.AdaptiveNbkSolver;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/** The one-loop term from samples: of linear networks in closed form, and of tanh networks. */
class SampledOneLoopTest {
  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  @AfterEach
  void close() {
    backend.close();
  }

  /**
   * Linear neurons are Gaussian with variance q along X^T ft and 1 across. Their sampled one-loop
   * term is that of the closed form, on training and other points, within four standard errors.
   */
  @ParameterizedTest
  @CsvSource({"1", "10"})
  void linearNeuronsGiveTheClosedForm(double chi) {
    int points = 5;
    int dimension = 7;
    int width = 10;
    double kappa = 0.5;
    Random random = new Random(1);
    double[] x = random.doubles((points + 3) * dimension, -2, 2).toArray();
    double[] y = random.doubles(points, -1.5, 1.5).toArray();
    Inputs train = Inputs.of(Arrays.copyOf(x, points * dimension), points, dimension);
    Inputs other = Inputs.of(Arrays.copyOfRange(x, points * dimension, x.length), 3, dimension);
    NetworkSpec network = NetworkSpec.of(1, Activation.LINEAR);
    MultiScaleProblem problem =
        new MultiScaleProblem(network, width, kappa, train, Targets.of(y), other);
    ScaleSolution exact =
        new LinearScaleSolver(backend, problem).solve(chi, java.util.Optional.empty());
    LevelPrediction tree = exact.level(ScaleSolution.TREE);
    LevelPrediction loop = exact.level(ScaleSolution.ONE_LOOP);

    double[] v = new double[points];
    double[] direction = new double[dimension]; // X^T v
    double length = 0;
    for (int i = 0; i < points; i++) {
      v[i] = (y[i] - tree.train()[i]) / kappa;
      for (int k = 0; k < dimension; k++) {
        direction[k] += v[i] * train.at(i, k);
      }
    }
    for (double component : direction) {
      length += component * component;
    }
    // q = 1 / (1 - chi v^T C v / N)
    double q = 1 / (1 - chi * length / dimension / width);
    int parts = 8;
    double[][] changes = new double[parts][];
    double[] identity = new double[dimension * dimension];
    for (int k = 0; k < dimension; k++) {
      identity[k * dimension + k] = 1;
    }
    for (int part = 0; part < parts; part++) {
      int count = 50_000;
      float[] neurons = new float[count * dimension];
      for (int n = 0; n < count; n++) {
        double along = 0;
        double[] z = new double[dimension];
        for (int k = 0; k < dimension; k++) {
          z[k] = random.nextGaussian();
          along += z[k] * direction[k] / length;
        }
        for (int k = 0; k < dimension; k++) {
          neurons[n * dimension + k] = (float) (z[k] + (Math.sqrt(q) - 1) * along * direction[k]);
        }
      }
      NeuronOutputs outputs = new NeuronOutputs(backend, network, identity, dimension, neurons);
      SampledOneLoop sampled = SampledOneLoop.of(backend, outputs, train, v, 1, chi, width, kappa);
      double[] change = sampled.trainChange(chi, kappa);
      double[] elsewhere = outputs.read(other, sampled.readout());
      double[] again = outputs.read(train, sampled.readout());
      for (int i = 0; i < points; i++) {
        // the readout of the neurons is the same function
        assertThat(Math.abs(again[i] - change[i])).isLessThan(1e-4);
      }
      changes[part] = Arrays.copyOf(change, points + 3);
      System.arraycopy(elsewhere, 0, changes[part], points, 3);
    }
    double size = 0;
    for (int i = 0; i < points + 3; i++) {
      double expected =
          i < points
              ? loop.train()[i] - tree.train()[i]
              : loop.test()[i - points] - tree.test()[i - points];
      double mean = 0;
      double square = 0;
      for (double[] change : changes) {
        mean += change[i] / parts;
        square += change[i] * change[i] / parts;
      }
      double error = Math.sqrt((square - mean * mean) / (parts - 1));
      size = Math.max(size, Math.abs(expected));
      assertThat(error).isLessThan(0.05 * Math.max(size, 0.01));
      assertThat(Math.abs(mean - expected)).as("point %d", i).isLessThan(4 * error + 1e-5);
    }
    assertThat(size).isGreaterThan(0.005);
  }

  /**
   * Against the exact posterior at finite width (the sampler with S = N and the determinant): one
   * loop leaves less than a third of the tree error in y . v, up to four standard errors.
   */
  @ParameterizedTest
  @CsvSource({"TANH, 1", "TANH, 8", "GELU, 4"})
  void oneLoopCorrectsTheTreeLevelOfNonlinearNetworks(Activation activation, double chi) {
    int points = 10;
    int width = 40;
    double kappa = 0.5;
    NetworkSpec network = NetworkSpec.of(1, activation);
    Inputs train = ReferenceDigits.trainInputs(points);
    Targets targets = ReferenceDigits.trainTargets(points);
    double[] y = targets.toArray();
    SaddleOptions options = new SaddleOptions(1, 1 / kappa, 800, 0, 5, 1e-6, 300);
    MultiScaleProblem problem =
        new MultiScaleProblem(
            network, width, kappa, train, targets, Inputs.of(new double[0], 0, 784));
    ScaleSolution levels =
        new SampledScaleSolver(backend, problem, options)
            .solve(chi, RunControl.silent())
            .orElseThrow();
    AdaptiveNbkSolution exact =
        new AdaptiveNbkSolver(
                backend,
                AdaptiveProblem.of(
                    network,
                    new SaddleOptions(Math.sqrt(chi / width), 1 / kappa, width, 1, 6, 1e-6, 6000),
                    train,
                    targets))
            .solve(RunControl.silent());
    double scale = kappa / points;
    double truth = scale * exact.dualFit().value();
    LevelPrediction loop = levels.level(ScaleSolution.ONE_LOOP);
    double tree = levels.level(ScaleSolution.TREE).trainDiscrepancy(y) - truth;
    double rest = loop.trainDiscrepancy(y) - truth;
    double rescaled = levels.level(ScaleSolution.RESCALED).trainDiscrepancy(y) - truth;
    double error =
        Math.hypot(
            scale * exact.dualFit().error(),
            Math.hypot(
                ScaleSweepTest.loopError(levels, y),
                scale * levels.sampled().orElseThrow().dualFit().error()));
    assertThat(error).as("error %s", error).isLessThan(0.15 * Math.abs(tree));
    assertThat(Math.abs(rest))
        .as("tree %s, one loop %s, rescaled %s, error %s", tree, rest, rescaled, error)
        .isLessThan(0.3 * Math.abs(tree) + 4 * error);
  }

  @Test
  void onlyOneHiddenLayerWithOneOutputIsTaken() {
    Inputs x = Inputs.of(new double[] {1, 2, 3}, 3, 1);
    Targets y = Targets.of(new double[] {1, 0, 1});
    Inputs none = Inputs.of(new double[0], 0, 1);
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> new MultiScaleProblem(NetworkSpec.of(2, Activation.TANH), 10, 1, x, y, none))
        .hasMessageContaining("hidden-layers is 2");
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () ->
                new MultiScaleProblem(
                    NetworkSpec.of(1, Activation.TANH),
                    10,
                    1,
                    x,
                    Targets.of(new double[6], 3, 2),
                    none))
        .hasMessageContaining("2 outputs");
  }
}
