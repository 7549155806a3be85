package org.richkernel.finite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyKernel;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopReason;
import org.richkernel.solver.StopSignal;

class NetworkPosteriorTest {
  private static PosteriorSolution sample(PosteriorProblem problem) {
    try (Backend backend = Backends.cpu()) {
      return new NetworkPosterior(backend, problem).solve(RunControl.silent()).orElseThrow();
    }
  }

  private static double[] normals(int count, long seed) {
    Random random = new Random(seed);
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextGaussian();
    }
    return values;
  }

  /**
   * Linear, one hidden layer: with q = |w|^2 chi / (g N) the posterior is a one-dimensional
   * integral, p(q | y) ~ q^{N/2 - 1} e^{-N q / 2} prod_i (q lambda_i + kappa)^{-1/2} exp(-chi / 2
   * sum_i z_i^2 / (q lambda_i + kappa)), chi = gamma^2 N (Rubin et al. 2025, arXiv:2502.07279), and
   * y . v has the mean of sum_i z_i^2 / (q lambda_i + kappa).
   */
  private static double linearDualFit(
      double[] kernel, double[] y, int n, double chi, double kappa) {
    int points = y.length;
    Array2DRowRealMatrix matrix = new Array2DRowRealMatrix(points, points);
    for (int i = 0; i < kernel.length; i++) {
      matrix.setEntry(i / points, i % points, kernel[i]);
    }
    EigenDecomposition eigen = new EigenDecomposition(matrix);
    double[] squares = new double[points];
    for (int i = 0; i < points; i++) {
      squares[i] =
          Math.pow(
              eigen
                  .getEigenvector(i)
                  .dotProduct(new org.apache.commons.math3.linear.ArrayRealVector(y)),
              2);
    }
    double[] logs = new double[8001];
    double[] fits = new double[8001];
    for (int k = 0; k < logs.length; k++) {
      double s = (k - 4000) * 1e-3;
      double q = Math.exp(s);
      logs[k] = 0.5 * n * (s - q); // q^{N/2 - 1} dq = q^{N/2} ds
      for (int i = 0; i < points; i++) {
        double variance = q * Math.max(0, eigen.getRealEigenvalue(i)) + kappa;
        logs[k] -= 0.5 * Math.log(variance) + 0.5 * chi * squares[i] / variance;
        fits[k] += squares[i] / variance;
      }
    }
    double largest = java.util.Arrays.stream(logs).max().getAsDouble();
    double total = 0;
    double weighted = 0;
    for (int k = 0; k < logs.length; k++) {
      total += Math.exp(logs[k] - largest);
      weighted += Math.exp(logs[k] - largest) * fits[k];
    }
    return weighted / total;
  }

  @ParameterizedTest
  @CsvSource({"INTEGRATED, 1", "INTEGRATED, 20", "SAMPLED, 20"})
  void linearPosteriorFollowsTheOneDimensionalIntegral(Readout readout, double chi) {
    int points = 10;
    int n = 20;
    Inputs x = ReferenceDigits.trainInputs(points);
    double[] y = ReferenceDigits.trainTargets(points).toArray();
    double[] kernel = new double[points * points];
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        for (int k = 0; k < x.dimension(); k++) {
          kernel[i * points + j] += x.at(i, k) * x.at(j, k) / x.dimension();
        }
      }
    }
    PosteriorSolution seen =
        sample(
            PosteriorProblem.of(
                NetworkSpec.of(1, Activation.LINEAR),
                LangevinOptions.of(Math.sqrt(chi / n), 10, n)
                    .withReadout(readout)
                    .withTolerance(1e-9)
                    .withMaxSweeps(500),
                x,
                Targets.of(y)));
    double fit = 0;
    for (int i = 0; i < points; i++) {
      fit += y[i] * seen.dual()[i];
    }
    double error = 10 * seen.train().productError(y); // v = beta (y - f)
    double expected = linearDualFit(kernel, y, n, chi, 0.1);
    assertThat(Math.abs(fit - expected)).isLessThan(Math.min(4 * error, 0.05 * expected));
  }

  /**
   * Whole networks drawn from the prior and weighted by their evidence, in plain loops: deep, with
   * biases, weight variances, two outputs and a test point outside of the training span.
   */
  @ParameterizedTest
  @EnumSource(Readout.class)
  void deepPosteriorFollowsImportanceSamplingOfWholeNetworks(Readout readout) {
    NetworkSpec network =
        NetworkSpec.of(2, Activation.TANH).withWeightVariances(1.5, 1.2, 0.9).withBiasVariance(0.2);
    Inputs train = Inputs.of(new double[] {1, 0.5, -1, 0.3, 0.7, 1.2, 0.4, 0.9}, 2, 4);
    Inputs test = Inputs.of(new double[] {0.2, 1.1, -0.5, 0.8}, 1, 4);
    Targets y = Targets.of(new double[] {1.5, -1, 0.5, 1}, 2, 2);
    int n = 6;
    PosteriorSolution seen =
        sample(
            new PosteriorProblem(
                network,
                LangevinOptions.of(0.7, 4, n)
                    .withReadout(readout)
                    .withTolerance(1e-9)
                    .withMaxSweeps(2500),
                train,
                y,
                test));
    ImportanceSampling exact =
        ImportanceSampling.of(network, n, 0.7, 4, train, y, test, 200_000, 5);
    for (int l = 0; l < 2; l++) {
      for (int i = 0; i < 4; i++) {
        requireEqual(
            seen.kernels().get(l)[i],
            seen.kernelErrors().get(l)[i],
            exact.kernels[l][i],
            exact.kernelErrors[l][i]);
      }
    }
    for (int k = 0; k < 2; k++) {
      requireEqual(
          seen.testOutputs()[k],
          seen.test().standardError()[k],
          exact.test[k],
          exact.testErrors[k]);
      requireEqual(
          seen.trainOutputs()[k],
          seen.train().standardError()[k],
          exact.train[k],
          exact.trainErrors[k]);
    }
  }

  /** Within five standard errors of the difference, which must be small enough to mean much. */
  private static void requireEqual(double a, double aError, double b, double bError) {
    double error = Math.hypot(a == b ? 0 : aError, bError);
    assertThat(error).isLessThan(0.015);
    assertThat(Math.abs(a - b)).isLessThan(5 * error);
  }

  /** gamma = 0 at vanishing beta leaves the prior, whose first layer has the NNGP's kernel. */
  @ParameterizedTest
  @Activations
  void withoutDataTheFirstLayerHasThePriorKernel(Activation activation) {
    NetworkSpec network = NetworkSpec.of(2, activation).withBiasVariance(0.3);
    Inputs x = Inputs.of(normals(12, 4), 3, 4);
    PosteriorSolution seen =
        sample(
            PosteriorProblem.of(
                network,
                LangevinOptions.of(0, 1e-9, 40).withTolerance(1e-9).withMaxSweeps(200),
                x,
                Targets.of(new double[] {1, -1, 1})));
    try (Backend backend = Backends.cpu()) {
      double[] expected = new LazyKernel(network, KernelKind.NNGP).gram(backend, x).feature(1);
      for (int i = 0; i < 9; i++) {
        double error = seen.kernelErrors().get(0)[i];
        assertThat(error).isLessThan(0.02);
        assertThat(Math.abs(seen.kernels().get(0)[i] - expected[i])).isLessThan(5 * error);
      }
    }
    assertThat(seen.chains()).allSatisfy(c -> assertThat(c.acceptance()).isGreaterThan(0.99));
  }

  /**
   * Deep tanh on 20 digits, gamma = 1, kappa = 0.1: the marginal sampler of the preactivations gave
   * y^T Phi y / P^2 = 0.1829 and 0.2856 at this width, with the determinant.
   */
  @Test
  void deepKernelsAreThoseOfTheMarginalSampler() {
    Targets y = ReferenceDigits.trainTargets(20);
    PosteriorSolution seen =
        sample(
            PosteriorProblem.of(
                NetworkSpec.of(2, Activation.TANH),
                LangevinOptions.of(1, 10, 500).withTolerance(1e-9).withMaxSweeps(60),
                ReferenceDigits.trainInputs(20),
                y));
    double[] expected = {0.1829, 0.2856};
    for (int l = 0; l < 2; l++) {
      double fit = 0;
      for (int i = 0; i < 400; i++) {
        fit += seen.kernels().get(l)[i] * y.at(i / 20, 0) * y.at(i % 20, 0) / 400;
      }
      assertThat(Math.abs(fit / expected[l] - 1)).isLessThan(0.01);
    }
  }

  private static PosteriorProblem small(int sweeps) {
    return new PosteriorProblem(
        NetworkSpec.of(2, Activation.RELU),
        LangevinOptions.of(1, 10, 12).withTolerance(1e-9).withMaxSweeps(sweeps),
        Inputs.of(normals(20, 4), 5, 4),
        Targets.of(new double[] {1, -1, 1, -1, 1}),
        Inputs.of(normals(8, 9), 2, 4));
  }

  @Test
  void sameSeedSameNumbersWhateverTheThreadsAndOthersForAnotherSeed() {
    PosteriorSolution once = sample(small(30));
    assertThat(sample(small(30)).kernels().get(1)).isEqualTo(once.kernels().get(1));
    PosteriorProblem problem = small(30);
    PosteriorProblem other =
        new PosteriorProblem(
            problem.network(),
            problem.options().withSeed(7),
            problem.trainInputs(),
            problem.trainTargets(),
            problem.testInputs());
    assertThat(sample(other).kernels().get(1)).isNotEqualTo(once.kernels().get(1));
    try (Backend single =
        Backends.open("cpu", BackendOptions.defaults().withThreads(1), line -> {})) {
      PosteriorSolution alone =
          new NetworkPosterior(single, problem).solve(RunControl.silent()).orElseThrow();
      assertThat(alone.kernels().get(1)).isEqualTo(once.kernels().get(1));
      assertThat(alone.testOutputs()).isEqualTo(once.testOutputs());
    }
  }

  /** Stops after so many sweeps and keeps the state. */
  private static final class Interruption implements CheckpointStore {
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
  @CsvSource({"10", "95", "103"})
  void aStoppedRunGoesOnBitForBit(int sweeps) {
    PosteriorSolution whole = sample(small(50));
    Interruption checkpoints = new Interruption();
    try (Backend backend = Backends.cpu()) {
      StopSignal stop = new StopSignal();
      List<Progress> seen = new ArrayList<>();
      RunControl control =
          new RunControl(
              progress -> {
                seen.add(progress);
                if (seen.size() == sweeps) {
                  stop.raise();
                }
              },
              stop,
              checkpoints);
      assertThat(new NetworkPosterior(backend, small(50)).solve(control)).isEmpty();
    }
    try (Backend backend = Backends.cpu()) {
      RunControl control =
          new RunControl(Progress.Listener.silent(), new StopSignal(), checkpoints);
      PosteriorSolution resumed =
          new NetworkPosterior(backend, small(50)).solve(control).orElseThrow();
      assertThat(resumed.kernels().get(1)).isEqualTo(whole.kernels().get(1));
      assertThat(resumed.train().standardError()).isEqualTo(whole.train().standardError());
      assertThat(resumed.testOutputs()).isEqualTo(whole.testOutputs());
      assertThat(resumed.mixing()).isEqualTo(whole.mixing());
      assertThat(resumed.predictor().members().get(0).layers().get(1))
          .isEqualTo(whole.predictor().members().get(0).layers().get(1));
    }
  }

  @Test
  void chainsThatAreTooShortDoNotCountAsConverged() {
    PosteriorSolution seen = sample(small(30));
    assertThat(seen.converged()).isFalse();
    assertThat(seen.stop()).isEqualTo(StopReason.BUDGET);
  }

  @Test
  void chainsThatHaveMixedStopTheRun() {
    PosteriorProblem problem = small(2000);
    PosteriorSolution seen =
        sample(
            new PosteriorProblem(
                problem.network(),
                problem.options().withTolerance(0.05),
                problem.trainInputs(),
                problem.trainTargets(),
                problem.testInputs()));
    assertThat(seen.stop()).isEqualTo(StopReason.CONVERGED);
    assertThat(seen.mixing().splitRhat()).isBetween(0.99, Mixing.LARGEST_RHAT);
    assertThat(seen.mixing().effectiveSamples()).isGreaterThan(100);
    assertThat(seen.measured()).isLessThan(2000);
    assertThat(seen.chains()).allSatisfy(c -> assertThat(c.acceptance()).isBetween(0.6, 0.97));
  }

  @Test
  void thePlanHoldsWhatTheRunAllocates() {
    PosteriorProblem problem = small(2);
    try (Backend backend = Backends.cpu()) {
      NetworkPosterior posterior = new NetworkPosterior(backend, problem);
      long planned = posterior.plan().matrixBytes();
      posterior.solve(RunControl.silent());
      assertThat(backend.openMatrices()).isZero();
      assertThat(backend.peakBytes()).isBetween(planned, planned + 2_000_000);
    }
  }

  @Test
  void nonsenseIsRefusedInOneLine() {
    assertThatThrownBy(() -> LangevinOptions.of(-1, 10, 5))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage("gamma is -1.0; use 0 to 1.0E12");
    assertThatThrownBy(() -> LangevinOptions.of(0, 10, 5).withReadout(Readout.SAMPLED))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("integrate it out");
    assertThatThrownBy(() -> LangevinOptions.of(1, 10, 0))
        .hasMessage("width is 0; use at least 1 neuron");
    assertThatThrownBy(() -> LangevinOptions.of(1, 10, 5).withChains(1))
        .hasMessageContaining("repeats is 1");
    assertThatThrownBy(
            () ->
                PosteriorProblem.of(
                    NetworkSpec.of(2, Activation.TANH),
                    LangevinOptions.of(1, 10, 60_000),
                    Inputs.of(new double[] {1, 2}, 2, 1),
                    Targets.of(new double[] {1, -1})))
        .hasMessageContaining("width is 60000");
  }
}
