package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;
import org.richkernel.stack.Conditions;

class EnsembleLayoutTest {
  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private EnsembleLayout layout(int samples, double determinantWeight) {
    SaddleOptions options = new SaddleOptions(1, 10, samples, determinantWeight, 0, 1e-2, 100);
    return EnsembleLayout.of(
        backend, NetworkSpec.of(3, Activation.TANH), options, 5000, 784, 1, 10);
  }

  /** 2.5 S x (784 + 2 x 5000) floats reach the 2^31 elements of an array at S = 79654. */
  @Test
  void populationsBeyondAJavaArrayAreRefusedWithTheMostThatFit() {
    assertThatThrownBy(() -> layout(100_000, 0).requireArrays())
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("samples is 100000")
        .hasMessageContaining("at most 79652");
    layout(79_652, 0).requireArrays();
    assertThatThrownBy(() -> layout(79_656, 0).requireArrays())
        .isInstanceOf(InvalidProblemException.class);
    // two chains, none at a quarter
    assertThat(layout(99_000, 1).chains()).hasSize(2);
    layout(99_000, 1).requireArrays();
    assertThatThrownBy(() -> layout(100_000, 1).requireArrays())
        .isInstanceOf(InvalidProblemException.class);
  }

  /** The predictor is made in memory that is there from the start. */
  @Test
  void predictorOfWhatWasKeptAllocatesNothing() {
    int points = 60;
    Random random = new Random(1);
    Inputs x = Inputs.of(random.doubles(10L * points, -1, 1).toArray(), points, 10);
    Targets y = Targets.of(random.doubles(points, -1, 1).toArray());
    NetworkSpec network = NetworkSpec.of(1, Activation.RELU);
    SaddleOptions options = new SaddleOptions(1, 10, 512, 0, 1, 1e-9, 20);
    AdaptiveProblem problem = AdaptiveProblem.of(network, options, x, y);
    InputFactor input = InputFactor.of(backend, network, x.toArray(), points, 10);
    try (ChainEnsemble chains =
        new ChainEnsemble(backend, network, input, y.toArray(), options, null, 0)) {
      chains.start(null, new Conditions(0, 0.1));
      chains.keepSnapshots();
      long before = backend.peakBytes();
      SampledPredictor predictor = chains.harvest().neurons(problem);
      assertThat(backend.peakBytes()).isEqualTo(before);
      assertThat(predictor.coefficients()).hasSize(2 * 512 + 2 * 128);
      assertThat(new AdaptiveNbkSolver(backend, problem).keptSamples()).isEqualTo(8 * 2 * 512);
    }
  }

  /**
   * The rank of the inputs is known after their factorization only. At a rank of 6 or less there
   * are the matrices of jumps between wells, which may take more than the fields save.
   */
  @ParameterizedTest
  @CsvSource({"120, 64", "40, 64", "40, 4000"})
  void planHoldsWhateverTheRankOfTheInputsTurnsOutToBe(int points, int samples) {
    Random random = new Random(3);
    Inputs x = Inputs.of(random.doubles(20L * points, -1, 1).toArray(), points, 20);
    Targets y = Targets.of(random.doubles(points, -1, 1).toArray());
    NetworkSpec network = NetworkSpec.of(1, Activation.TANH);
    SaddleOptions options = new SaddleOptions(1, 10, samples, 0, 1, 1e-2, 20);
    MemoryPlan plan =
        new AdaptiveNbkSolver(backend, AdaptiveProblem.of(network, options, x, y)).plan();
    for (int rank = 1; rank <= 20; rank++) {
      MemoryPlan held = EnsembleLayout.of(backend, network, options, points, rank, 1, 0).plan();
      assertThat(held.matrixBytes()).as("rank %d", rank).isLessThanOrEqualTo(plan.matrixBytes());
      assertThat(held.hostBytes()).as("rank %d", rank).isLessThanOrEqualTo(plan.hostBytes());
    }
  }

  /** 1000 test points of 784 pixels take more before the sampling than a small sampling does. */
  @Test
  void coordinatesOfManyTestPointsAreInThePlan() {
    double[] pixels = new Random(2).doubles(784_000, -1, 1).toArray();
    AdaptiveProblem problem =
        new AdaptiveProblem(
            NetworkSpec.of(1, Activation.RELU),
            new SaddleOptions(1, 10, 64, 0, 1, 1e-9, 20),
            ReferenceDigits.trainInputs(20),
            ReferenceDigits.trainTargets(20),
            Inputs.of(pixels, 1000, 784));
    AdaptiveNbkSolver solver = new AdaptiveNbkSolver(backend, problem);
    long plan = solver.plan().matrixBytes();
    solver.solve(RunControl.silent());
    // the rest is what products of the processor hold for themselves
    assertThat(backend.peakBytes() - plan).isBetween(0L, 300_000L);
  }
}
