package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.sampling.Estimate;
import org.richkernel.solver.InMemoryCheckpoints;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;
import org.richkernel.solver.StopSignal;
import org.richkernel.stack.FieldForm;

/** Posteriors of networks narrower than their points are many, in both forms of the readout. */
class FiniteWidthDualTest {
  private static final int P = 40;
  private static final int WIDTH = 20;

  private static Backend open() {
    return Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  private static AdaptiveProblem digits(
      NetworkSpec network, ReadoutForm form, int kernelsUpTo, int sweeps, long seed) {
    SaddleOptions options =
        new SaddleOptions(1, 10, WIDTH, 1, seed, 1e-9, sweeps)
            .withLargeData(new LargeData(form, FieldForm.AUTO, kernelsUpTo));
    return new AdaptiveProblem(
        network,
        options,
        ReferenceDigits.trainInputs(P),
        ReferenceDigits.trainTargets(P),
        ReferenceDigits.testInputs());
  }

  private static AdaptiveNbkSolution solve(AdaptiveProblem problem) {
    try (Backend backend = open()) {
      AdaptiveNbkSolution solution =
          new AdaptiveNbkSolver(backend, problem).solve(RunControl.silent());
      assertThat(solution).isNotNull();
      return solution;
    }
  }

  /** Numbers of all layers, dual vector and predictions, in combined standard errors. */
  @ParameterizedTest
  @CsvSource({"TANH,1,1500", "RELU,1,1500", "TANH,2,1500"})
  void agreesWithThePrimalForm(Activation f, int layers, int sweeps) {
    NetworkSpec network = NetworkSpec.of(layers, f);
    AdaptiveNbkSolution primal = solve(digits(network, ReadoutForm.PRIMAL, P, sweeps, 11));
    AdaptiveNbkSolution dual = solve(digits(network, ReadoutForm.DUAL, P, sweeps, 1));
    assertThat(primal.form()).contains(ReadoutForm.PRIMAL);
    assertThat(dual.form()).contains(ReadoutForm.DUAL);
    for (AdaptiveNbkSolution each : List.of(primal, dual)) {
      assertThat(each.certificate().failures(0.03)).isEmpty();
      assertThat(each.certificate().sampleSize()).isEmpty();
      assertThat(each.certificate().effectiveSweeps()).isGreaterThan(50);
    }
    List<Double> deviations = new ArrayList<>();
    deviations.add(deviation(primal.dualFit(), dual.dualFit(), 0.01));
    for (int l = 0; l < layers; l++) {
      AdaptiveNbkSolution.Layer one = primal.layers().get(l);
      AdaptiveNbkSolution.Layer other = dual.layers().get(l);
      deviations.add(deviation(one.trace(), other.trace(), 0.01));
      deviations.add(deviation(one.alignment(), other.alignment(), 0.015));
      deviations.add(deviation(one.frobenius(), other.frobenius(), 0.015));
    }
    assertThat(deviations).allSatisfy(z -> assertThat(Math.abs(z)).isLessThan(4));
    double chi = 0;
    double[] error = primal.test().standardError();
    double[] otherError = dual.test().standardError();
    for (int i = 0; i < error.length; i++) {
      double apart = primal.testPredictions()[i] - dual.testPredictions()[i];
      chi += apart * apart / (error[i] * error[i] + otherError[i] * otherError[i]);
    }
    assertThat(chi / error.length).isLessThan(4);
    requirePredictor(dual);
  }

  private static double deviation(Estimate a, Estimate b, double largest) {
    assertThat(Math.hypot(a.error(), b.error())).isLessThan(largest * a.value());
    return (a.value() - b.value()) / Math.hypot(a.error(), b.error());
  }

  /** The kept populations repeat the predictions of the fit within their larger errors. */
  private static void requirePredictor(AdaptiveNbkSolution dual) {
    try (Backend backend = open()) {
      double[] again = dual.predictor().predict(backend, ReferenceDigits.testInputs());
      double square = 0;
      for (int i = 0; i < again.length; i++) {
        square += Math.pow(again[i] - dual.testPredictions()[i], 2) / again.length;
      }
      assertThat(Math.sqrt(square)).isBetween(1e-6, 0.15);
    }
  }

  private static List<double[]> numbers(AdaptiveNbkSolution solution) {
    List<double[]> all = new ArrayList<>(solution.history().values());
    all.add(solution.dual());
    all.add(solution.testPredictions());
    all.addAll(solution.kernels());
    for (AdaptiveNbkSolution.Layer layer : solution.layers()) {
      for (Estimate each : List.of(layer.alignment(), layer.trace(), layer.frobenius())) {
        all.add(new double[] {each.value(), each.error()});
      }
    }
    return all;
  }

  /** Stops in burn-in, between two comparisons of populations, at one, and at a round. */
  @ParameterizedTest
  @CsvSource({"RELU,1", "TANH,2"})
  void stoppedAndResumedRunHasTheBitsOfTheUninterruptedOne(Activation f, int layers) {
    NetworkSpec network = NetworkSpec.of(layers, f);
    AdaptiveProblem problem = digits(network, ReadoutForm.DUAL, P, 50, 3);
    List<double[]> expected = numbers(solve(problem));
    assertThat(expected.get(expected.size() - 1)[1]).isPositive();
    int burnIn = Annealing.fromPrior(layers, problem.options()).sweeps();
    for (int stop : new int[] {7, burnIn + 13, burnIn + 15, burnIn + SaddleSampler.ROUND}) {
      InMemoryCheckpoints store = new InMemoryCheckpoints();
      StopSignal signal = new StopSignal();
      Progress.Listener listener =
          progress -> {
            if (progress.done() == stop) {
              signal.raise();
            }
          };
      try (Backend backend = open()) {
        assertThat(
                new AdaptiveNbkSolver(backend, problem)
                    .solve(new RunControl(listener, signal, store)))
            .isNull();
      }
      try (Backend backend = open()) {
        AdaptiveNbkSolution resumed =
            new AdaptiveNbkSolver(backend, problem)
                .solve(new RunControl(Progress.Listener.silent(), new StopSignal(), store));
        assertThat(resumed.stop()).isEqualTo(StopReason.BUDGET);
        List<double[]> found = numbers(resumed);
        for (int i = 0; i < found.size(); i++) {
          assertThat(found.get(i)).as("array %d", i).containsExactly(expected.get(i));
        }
      }
    }
  }

  /** The form of fewer operations; memory is what was planned, that of the comparisons too. */
  @ParameterizedTest
  @CsvSource({"TANH,1", "TANH,3", "RELU,1"})
  void automaticFormIsDualAndHoldsWhatIsPlanned(Activation f, int layers) {
    int points = 150;
    Random random = new Random(5);
    double[] x = random.doubles(points * 8).map(u -> random.nextGaussian()).toArray();
    double[] y = random.doubles(points * 2).map(u -> random.nextGaussian()).toArray();
    AdaptiveProblem digits = digits(NetworkSpec.of(layers, f), ReadoutForm.AUTO, 0, 21, 1);
    AdaptiveProblem problem =
        AdaptiveProblem.of(
            digits.network(), digits.options(), Inputs.of(x, points, 8), Targets.of(y, points, 2));
    try (Backend backend = open()) {
      AdaptiveNbkSolver solver = new AdaptiveNbkSolver(backend, problem);
      assertThat(solver.form()).contains(ReadoutForm.DUAL);
      MemoryPlan plan = solver.plan();
      assertThat(plan.entries()).noneMatch(e -> e.rows() == points && e.columns() == points);
      assertThat(plan.entries().stream().map(MemoryPlan.Entry::label))
          .contains("phi of another population", "overlaps of two populations");
      AdaptiveNbkSolution solution = solver.solve(RunControl.silent());
      assertThat(solution.kernels()).isEmpty();
      assertThat(solution.layers()).hasSize(layers);
      assertThat(backend.peakBytes())
          .isBetween(plan.matrixBytes(), (long) (1.5 * plan.matrixBytes()));
      assertThat(backend.openMatrices()).isZero();
    }
  }
}
