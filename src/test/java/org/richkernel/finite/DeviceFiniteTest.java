package org.richkernel.finite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.bayes.CollectiveHmc;
import org.richkernel.bayes.InputFactor;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;
import org.richkernel.network.Convolutions;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.OracleImages;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/** Finite networks on the emulated device give the numbers of the processor. */
@OnEmulatedDevice
class DeviceFiniteTest {
  private static final int N = 20;

  @AfterEach
  void deviceSawNoWrongAccess() {
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  private static Backend open(String name) {
    return Backends.open(name, BackendOptions.defaults(), line -> {});
  }

  private static double[] normals(int count, long seed) {
    Random random = new Random(seed);
    return random.doubles(count).map(u -> random.nextGaussian()).toArray();
  }

  private static final Inputs X = Inputs.of(normals(24, 1), 6, 4);
  private static final Targets Y = Targets.of(normals(12, 2), 6, 2);

  /** Weights of a chain after two trajectories from the prior, and its kernel. */
  private static double[] chain(String name, Readout readout, InputFactor input) {
    NetworkSpec network = NetworkSpec.of(2, Activation.TANH).withBiasVariance(0.2);
    PosteriorProblem problem =
        PosteriorProblem.of(network, LangevinOptions.of(0.8, 10, N).withReadout(readout), X, Y);
    WeightLayout layout =
        new WeightLayout(2, N, input.rank(), true, readout == Readout.SAMPLED ? 2 : 0);
    try (Backend backend = open(name);
        WeightPosterior posterior = new WeightPosterior(backend, problem, layout, input.factor());
        Matrix weights = backend.allocate(Precision.FLOAT32, N, layout.columns(), "weights");
        Matrix uniforms = backend.allocate(Precision.FLOAT32, 1, 2, "uniforms")) {
      WeightChain chain = new WeightChain(backend, 3, 0, weights, uniforms, 1);
      chain.start();
      chain.move(posterior);
      chain.move(posterior);
      double potential = posterior.visit();
      double[] kernel = posterior.kernel(2);
      double[] values = new double[N * layout.columns() + kernel.length + 1];
      double[] all = new double[N * layout.columns()];
      backend.download(weights, all);
      System.arraycopy(all, 0, values, 0, all.length);
      System.arraycopy(kernel, 0, values, all.length, kernel.length);
      values[values.length - 1] = potential;
      return values;
    }
  }

  /** A trajectory waits for two uniforms and for what it was worth, whatever its length. */
  @ParameterizedTest
  @EnumSource(Readout.class)
  void noStepOfATrajectoryWaitsForTheDevice(Readout readout) {
    NetworkSpec network = NetworkSpec.of(2, Activation.TANH);
    PosteriorProblem problem =
        PosteriorProblem.of(network, LangevinOptions.of(0.8, 10, N).withReadout(readout), X, Y);
    InputFactor input;
    try (Backend cpu = Backends.cpu()) {
      input = InputFactor.of(cpu, network, X.toArray(), 6, 4);
    }
    WeightLayout layout =
        new WeightLayout(2, N, input.rank(), false, readout == Readout.SAMPLED ? 2 : 0);
    try (Backend backend = open("cuda");
        WeightPosterior posterior = new WeightPosterior(backend, problem, layout, input.factor());
        Matrix weights = backend.allocate(Precision.FLOAT32, N, layout.columns(), "weights");
        Matrix uniforms = backend.allocate(Precision.FLOAT32, 1, 2, "uniforms")) {
      posterior.use(weights);
      CollectiveHmc hmc = new CollectiveHmc(backend, 1, 0, uniforms, (x, g) -> {});
      hmc.move(posterior, 0, 0, 0.1, 1);
      for (int steps : new int[] {1, 4, 16}) {
        long waits = EmulatedDevice.counter("syncs");
        long bytes = EmulatedDevice.counter("bytesDtoH");
        hmc.move(posterior, 0, steps, 0.1, steps);
        assertThat(EmulatedDevice.counter("syncs") - waits).isEqualTo(2);
        // two uniforms, and V, failures, the sum of V and the energies at both ends
        assertThat(EmulatedDevice.counter("bytesDtoH") - bytes).isEqualTo(48);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Readout.class)
  void aChainMovesAsOnTheProcessor(Readout readout) {
    InputFactor input;
    try (Backend backend = Backends.cpu()) {
      // one factorization for both: eigenvectors are unique up to their signs only
      input =
          InputFactor.of(
              backend, NetworkSpec.of(2, Activation.TANH).withBiasVariance(0.2), X.toArray(), 6, 4);
    }
    double[] expected = chain("cpu", readout, input);
    double[] seen = chain("cuda", readout, input);
    assertThat(seen[seen.length - 1])
        .isCloseTo(
            expected[expected.length - 1], within(1e-4 * Math.abs(expected[expected.length - 1])));
    assertThat(seen).containsExactly(expected, within(2e-3));
  }

  /** Patches, their transpose and sums over sites, in two groups of points. */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void trainingOnImagesIsThatOfTheProcessor(SiteReadout readout) {
    Inputs all = OracleImages.of(5);
    Convolutions layers = Convolutions.parse("3x3/2,2x2").withReadout(readout);
    DynamicsProblem problem =
        new DynamicsProblem(
            NetworkSpec.of(2, Activation.ERF).withConvolutions(layers),
            DynamicsOptions.of(1, 4, 0.1).withBatchSize(2),
            Inputs.of(all.copyRows(0, 3), 3, 32).withShape(OracleImages.SHAPE),
            Targets.of(normals(6, 2), 3, 2),
            Inputs.of(all.copyRows(3, 2), 2, 32).withShape(OracleImages.SHAPE),
            Targets.of(normals(4, 6), 2, 2));
    DynamicsSolution[] solutions = new DynamicsSolution[2];
    String[] names = {"cpu", "cuda"};
    for (int b = 0; b < 2; b++) {
      try (Backend backend = open(names[b])) {
        solutions[b] =
            new GradientDescentNetwork(N, 2).solve(problem, backend, RunControl.silent());
      }
    }
    assertThat(solutions[1].mean().outputs())
        .containsExactly(solutions[0].mean().outputs(), within(1e-4));
    for (int l = 0; l < 2; l++) {
      assertThat(solutions[1].lastKernels().gradient().get(l))
          .containsExactly(solutions[0].lastKernels().gradient().get(l), within(1e-4));
    }
  }

  @Test
  void trainingGivesTheOutputsAndKernelsOfTheProcessor() {
    DynamicsProblem problem =
        new DynamicsProblem(
            NetworkSpec.of(2, Activation.ERF),
            DynamicsOptions.of(1, 6, 0.05).withBatchSize(4).withWeightDecay(0.1),
            X,
            Y,
            Inputs.of(normals(8, 5), 2, 4),
            Targets.of(normals(4, 6), 2, 2));
    DynamicsSolution[] solutions = new DynamicsSolution[2];
    String[] names = {"cpu", "cuda"};
    for (int b = 0; b < 2; b++) {
      try (Backend backend = open(names[b])) {
        solutions[b] =
            new GradientDescentNetwork(N, 2).solve(problem, backend, RunControl.silent());
      }
    }
    assertThat(solutions[1].mean().outputs())
        .containsExactly(solutions[0].mean().outputs(), within(1e-4));
    for (int l = 0; l < 2; l++) {
      assertThat(solutions[1].lastKernels().gradient().get(l))
          .containsExactly(solutions[0].lastKernels().gradient().get(l), within(1e-4));
    }
  }
}
