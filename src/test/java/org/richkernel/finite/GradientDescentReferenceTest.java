package org.richkernel.finite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.dynamics.CausalSolver;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.dynamics.KernelCourse;
import org.richkernel.dynamics.LayerKernels;
import org.richkernel.dynamics.Loss;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.sampling.IndependentEstimates;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopReason;
import org.richkernel.solver.StopSignal;

/** Gradient descent of networks against differences of the loss, the theory, and itself. */
class GradientDescentReferenceTest {
  private static final int N = 8;

  private static double[] normals(int count, long seed) {
    Random random = new Random(seed);
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextGaussian();
    }
    return values;
  }

  /** Two outputs, five training points in batches of two, one test point. */
  private static DynamicsProblem problem(Activation activation, int layers) {
    return new DynamicsProblem(
        NetworkSpec.of(layers, activation),
        DynamicsOptions.of(0.8, 7, 0.1)
            .withLoss(Loss.MEAN)
            .withWeightDecay(0.3)
            .withBatchSize(2)
            .withRecordEvery(3)
            .withSeed(11),
        Inputs.of(normals(15, 1), 5, 3),
        Targets.of(normals(10, 2), 5, 2),
        Inputs.of(normals(3, 3), 1, 3),
        Targets.of(normals(2, 4), 1, 2));
  }

  private static DynamicsSolution train(DynamicsProblem problem, int width, int repeats) {
    try (Backend backend = Backends.cpu()) {
      return new GradientDescentNetwork(width, repeats)
          .solve(problem, backend, RunControl.silent());
    }
  }

  /**
   * A network in plain loops whose gradient is a central difference of its loss. It starts from the
   * weights of the ensemble's second member, which is the network before training.
   */
  private static final class Reference {
    private final DynamicsProblem problem;
    private final double[] theta; // W^0, W^1, .., w (N x K)

    Reference(DynamicsProblem problem, NetworkEnsemble.Member start) {
      this.problem = problem;
      int size = start.layers().stream().mapToInt(w -> w.length).sum();
      theta = new double[size + start.readout().length];
      int at = 0;
      for (float[] layer : start.layers()) {
        for (float w : layer) {
          theta[at++] = w;
        }
      }
      for (float u : start.readout()) {
        // the ensemble's readout at the start is -w / (gamma N)
        theta[at++] = -u * problem.options().gamma() * N;
      }
    }

    double[] outputs() {
      int layers = problem.network().hiddenLayers();
      double[] x = problem.allInputs();
      double[][] z =
          SmallNetwork.inputs(problem.network(), x, problem.points(), problem.dimension());
      SmallNetwork small = new SmallNetwork(problem.network(), N, z);
      double[][][] w = new double[layers][N][];
      int at = 0;
      for (int l = 0; l < layers; l++) {
        for (int n = 0; n < N; n++) {
          w[l][n] = java.util.Arrays.copyOfRange(theta, at, at + small.fanIn(l));
          at += small.fanIn(l);
        }
      }
      double[][] phi = small.features(w)[layers - 1];
      double[] f = new double[problem.points() * 2];
      for (int i = 0; i < problem.points(); i++) {
        for (int k = 0; k < 2; k++) {
          for (int n = 0; n < N; n++) {
            f[2 * i + k] += theta[at + 2 * n + k] * phi[i][n] / (problem.options().gamma() * N);
          }
        }
      }
      return f;
    }

    private double loss(int step, double[] start) {
      double[] f = outputs();
      double sum = 0;
      int[] batch = problem.batches().batch(step);
      for (int i : batch) {
        for (int k = 0; k < 2; k++) {
          double error = problem.trainTargets().at(i, k) - (f[2 * i + k] - start[2 * i + k]);
          sum += error * error / (2 * batch.length);
        }
      }
      return sum;
    }

    void descend(int step, double[] start) {
      double gamma = problem.options().gamma();
      double rate = problem.options().stepSize() * N * gamma * gamma;
      double[] gradient = new double[theta.length];
      for (int i = 0; i < theta.length; i++) {
        double kept = theta[i];
        theta[i] = kept + 1e-5;
        double above = loss(step, start);
        theta[i] = kept - 1e-5;
        gradient[i] = (above - loss(step, start)) / 2e-5;
        theta[i] = kept;
      }
      for (int i = 0; i < theta.length; i++) {
        theta[i] = problem.options().retention() * theta[i] - rate * gradient[i];
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"TANH, 1", "TANH, 3", "ERF, 2", "RELU, 2", "LINEAR, 3"})
  void everyStepFollowsTheGradientOfTheLoss(Activation activation, int layers) {
    DynamicsProblem problem = problem(activation, layers);
    GradientDescentNetwork.Outcome seen;
    double[] predicted;
    try (Backend backend = Backends.cpu()) {
      seen = new GradientDescentNetwork(N, 1).train(problem, backend, RunControl.silent());
      predicted = seen.predictor().orElseThrow().predict(backend, problem.testInputs());
    }
    Reference reference = new Reference(problem, seen.predictor().orElseThrow().members().get(1));
    double[] start = reference.outputs();
    for (int t = 0; t <= 7; t++) {
      double[] f = reference.outputs();
      for (int i = 0; i < f.length; i++) {
        assertThat(Math.abs(f[i] - start[i] - seen.solution().mean().outputs()[t * 12 + i]))
            .isLessThan(3e-5);
      }
      reference.descend(t, start);
    }
    // the kept networks predict what the training found at the test point
    assertThat(Math.abs(predicted[0] - seen.solution().testOutputs(7)[0])).isLessThan(1e-5);
    assertThat(Math.abs(seen.solution().testOutputs(7)[0])).isGreaterThan(1e-3);
    assertThat(seen.solution().mean().kernels())
        .extracting(k -> k.step())
        .containsExactly(0, 3, 6, 7);
  }

  @Test
  void errorsAreThoseOfTheMeanOverTheNetworks() {
    DynamicsProblem problem = problem(Activation.TANH, 2);
    DynamicsSolution three = train(problem, N, 3);
    List<double[]> runs = new ArrayList<>();
    try (Backend backend = Backends.cpu()) {
      for (int r = 0; r < 3; r++) {
        GradientDescentNetwork networks = new GradientDescentNetwork(N, r + 1);
        double[] mean = networks.solve(problem, backend, RunControl.silent()).mean().outputs();
        double[] run = mean.clone();
        // the mean of r + 1 networks holds the earlier ones
        for (int i = 0; i < run.length; i++) {
          run[i] *= r + 1;
          for (double[] earlier : runs) {
            run[i] -= earlier[i];
          }
        }
        runs.add(run);
      }
    }
    int at = 7 * 12 + 3;
    double[] values = runs.stream().mapToDouble(run -> run[at]).toArray();
    double mean = (values[0] + values[1] + values[2]) / 3;
    double variance = 0;
    for (double value : values) {
      variance += (value - mean) * (value - mean) / 2;
    }
    assertThat(Math.abs(three.mean().outputs()[at] - mean)).isLessThan(1e-12);
    // t_{0.975}(2) / z_{0.975}
    double widened = 4.302652729911275 / 1.959963984540054 * Math.sqrt(variance / 3);
    assertThat(Math.abs(three.standardError().outputs()[at] - widened)).isLessThan(1e-10);
  }

  @Test
  void errorsOfKernelNumbersAreThoseOfTheMeanOverTheNetworks() {
    DynamicsProblem problem = problem(Activation.TANH, 2);
    DynamicsSolution three = train(problem, N, 3);
    List<KernelCourse> runs = new ArrayList<>();
    List<LayerKernels> sum = List.of();
    for (int r = 0; r < 3; r++) {
      // r + 1 times the mean of r + 1 networks, less the same of the first r, is the last of them
      List<LayerKernels> more = scaled(train(problem, N, r + 1).mean().kernels(), r + 1);
      runs.add(KernelCourse.of(r == 0 ? more : difference(more, sum), problem));
      sum = more;
    }
    KernelCourse errors = three.standardError().course();
    for (int i = 0; i < errors.trace().length; i++) {
      int at = i;
      assertError(errors.alignment()[i], runs.stream().mapToDouble(c -> c.alignment()[at]));
      assertError(errors.trace()[i], runs.stream().mapToDouble(c -> c.trace()[at]));
      assertError(errors.frobenius()[i], runs.stream().mapToDouble(c -> c.frobenius()[at]));
      assertError(errors.movement()[i], runs.stream().mapToDouble(c -> c.movement()[at]));
    }
    // four times, two layers and the tangent kernel; nothing has moved at the start
    assertThat(errors.movement()).hasSize(12);
    assertThat(errors.movement()[2]).isZero();
    assertThat(errors.movement()[11]).isPositive();
  }

  private static void assertError(double error, DoubleStream runs) {
    assertThat(Math.abs(error - IndependentEstimates.standardError(runs.toArray())))
        .isLessThan(1e-8);
  }

  private static List<LayerKernels> scaled(List<LayerKernels> kernels, double factor) {
    return kernels.stream()
        .map(
            k ->
                new LayerKernels(
                    k.step(),
                    k.feature().stream().map(x -> times(x, factor)).toList(),
                    k.gradient().stream().map(x -> times(x, factor)).toList()))
        .toList();
  }

  private static double[] times(double[] x, double factor) {
    return Arrays.stream(x).map(value -> factor * value).toArray();
  }

  private static List<LayerKernels> difference(List<LayerKernels> a, List<LayerKernels> b) {
    List<LayerKernels> result = new ArrayList<>();
    for (int k = 0; k < a.size(); k++) {
      List<double[]> feature = new ArrayList<>();
      List<double[]> gradient = new ArrayList<>();
      for (int l = 0; l < a.get(k).feature().size(); l++) {
        feature.add(minus(a.get(k).feature().get(l), b.get(k).feature().get(l)));
        gradient.add(minus(a.get(k).gradient().get(l), b.get(k).gradient().get(l)));
      }
      result.add(new LayerKernels(a.get(k).step(), feature, gradient));
    }
    return result;
  }

  private static double[] minus(double[] x, double[] y) {
    double[] result = x.clone();
    for (int i = 0; i < result.length; i++) {
      result[i] -= y[i];
    }
    return result;
  }

  /** The distance of single networks from the theory falls like 1 / sqrt(N). */
  @Test
  void networksApproachTheTheoryAsTheyGrow() {
    DynamicsProblem problem =
        DynamicsProblem.of(
            NetworkSpec.of(2, Activation.TANH),
            DynamicsOptions.of(1, 12, 0.15).withSamples(40_000).withSeed(3),
            Inputs.of(normals(12, 1), 3, 4),
            Targets.of(new double[] {1, -1, 0.5}));
    double[] theory;
    try (Backend backend = Backends.cpu()) {
      theory = new CausalSolver().solve(problem, backend, RunControl.silent()).mean().outputs();
    }
    int[] widths = {64, 256, 1024, 2048};
    double[] distance = new double[widths.length];
    for (int w = 0; w < widths.length; w++) {
      int repeats = widths[w] < 1000 ? 24 : 8;
      DynamicsSolution seen = train(problem, widths[w], repeats);
      int count = 0;
      for (int i = 3; i < theory.length; i++) {
        double bias = seen.mean().outputs()[i] - theory[i];
        double spread = seen.standardError().outputs()[i];
        // mean square over the networks: bias^2 + (R - 1) / R variance
        distance[w] += bias * bias + (repeats - 1.0) * spread * spread;
        count++;
      }
      distance[w] = Math.sqrt(distance[w] / count);
    }
    String seen = Arrays.toString(distance);
    // each is good to about 15 %: a few outputs, strongly correlated, of 8 or 24 networks
    for (int w = 1; w < 3; w++) {
      double slope = Math.log(distance[w] / distance[w - 1]) / Math.log(4);
      assertThat(slope).as(seen).isBetween(-0.8, -0.3);
    }
    double overall = Math.log(distance[3] / distance[0]) / Math.log(32);
    assertThat(overall).as(seen).isBetween(-0.62, -0.4);
    assertThat(distance[3]).as(seen).isLessThan(0.03);
  }

  /** Keeps the last state. */
  private static final class Memory implements CheckpointStore {
    private Optional<SolverState> state = Optional.empty();

    @Override
    public boolean due() {
      return false;
    }

    @Override
    public void save(long iteration, SolverState saved) {
      state = Optional.of(saved);
    }

    @Override
    public Optional<SolverState> load() {
      return state;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 8, 13, 23})
  void aStoppedTrainingGoesOnBitForBit(int observed) {
    DynamicsProblem problem = problem(Activation.TANH, 2);
    DynamicsSolution whole = train(problem, N, 3);
    Memory checkpoints = new Memory();
    StopSignal stop = new StopSignal();
    List<Progress> seen = new ArrayList<>();
    Progress.Listener listener =
        progress -> {
          seen.add(progress);
          if (seen.size() == observed) {
            stop.raise();
          }
        };
    try (Backend backend = Backends.cpu()) {
      GradientDescentNetwork networks = new GradientDescentNetwork(N, 3);
      DynamicsSolution part =
          networks.solve(problem, backend, new RunControl(listener, stop, checkpoints));
      assertThat(part.reason()).isEqualTo(StopReason.INTERRUPTED);
      assertThat(checkpoints.load()).isPresent();
      GradientDescentNetwork.Outcome resumed =
          networks.train(
              problem,
              backend,
              new RunControl(Progress.Listener.silent(), new StopSignal(), checkpoints));
      GradientDescentNetwork.Outcome straight =
          networks.train(problem, backend, RunControl.silent());
      assertThat(resumed.solution().mean().outputs()).isEqualTo(whole.mean().outputs());
      assertThat(resumed.solution().standardError().testLoss())
          .isEqualTo(whole.standardError().testLoss());
      assertThat(resumed.solution().lastKernels().gradient().get(0))
          .isEqualTo(whole.lastKernels().gradient().get(0));
      assertThat(resumed.predictor().orElseThrow().members().get(2).layers().get(1))
          .isEqualTo(straight.predictor().orElseThrow().members().get(2).layers().get(1));
    }
  }

  @ParameterizedTest
  @Activations
  void aDivergenceKeepsWhatWasReachedAndEndsTheRun(Activation activation) {
    DynamicsProblem calm = problem(activation, 2);
    DynamicsProblem wild = calm.withOptions(DynamicsOptions.of(1, 200, 400).withSeed(11));
    DynamicsSolution seen = train(wild, N, 3);
    assertThat(seen.reason()).isEqualTo(StopReason.DIVERGED);
    assertThat(seen.divergence()).hasValue(seen.times());
    assertThat(seen.outcome()).startsWith("diverged at step " + seen.times() + ";");
    assertThat(seen.mean().outputs()).doesNotContain(Double.NaN);
    assertThat(seen.mean().kernels()).isNotEmpty();
  }

  @Test
  void thePlanHoldsWhatTheRunAllocates() {
    DynamicsProblem problem = problem(Activation.TANH, 2);
    try (Backend backend = Backends.cpu()) {
      GradientDescentNetwork networks = new GradientDescentNetwork(N, 2);
      networks.solve(problem, backend, RunControl.silent());
      assertThat(backend.openMatrices()).isZero();
      assertThat(backend.peakBytes())
          .isBetween(
              networks.plan(problem).matrixBytes(),
              networks.plan(problem).matrixBytes() + 2_000_000);
    }
  }
}
