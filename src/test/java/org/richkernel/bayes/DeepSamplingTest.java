package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyKernel;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.sampling.Estimate;
import org.richkernel.solver.InMemoryCheckpoints;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;
import org.richkernel.solver.StopSignal;
import org.richkernel.stack.PosteriorParameters;

/** Deep networks: reference values, closed forms, new points, certificates, checkpoints. */
class DeepSamplingTest {
  private static final int P = 20;

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static InputFactor factor(Backend on, NetworkSpec network) {
    double[] x = ReferenceDigits.trainInputs(P).toArray();
    return InputFactor.of(on, network, x, P, ReferenceDigits.DIMENSION);
  }

  private SaddleSampler sampler(NetworkSpec network, SaddleOptions options, boolean withTest) {
    InputFactor input = factor(backend, network);
    InputFactor.Coordinates test = withTest ? Digits.testPoints(backend, input) : null;
    return new SaddleSampler(backend, network, input, Digits.y(P), options, test);
  }

  /** Four of the chains' own standard errors and what the other side states. */
  private static void require(
      String what, Estimate own, double scale, double expected, double stated) {
    double value = own.value() / scale;
    double error = own.error() / scale;
    assertThat(error).as("error of " + what).isLessThan(0.01 * expected);
    assertThat(value).as(what).isCloseTo(expected, within(4 * error + stated));
  }

  /**
   * Two hidden tanh layers against an independent mean-field solver: frozen fields, layer by layer,
   * conjugate kernels in Stein's form, 2000 samples; it agrees with a third program to 0.6 %. The
   * test losses are of a single run at 500 samples that stated no error: 2 % and the error of the
   * two chains.
   */
  @ParameterizedTest
  @CsvSource({
    "1, 0.1828, 0.4162, 0.8660, 0.2848, 0.3787, 0.9899, 0.0781",
    "3, 0.3035, 0.4700, 0.9738, 0.6739, 0.6933, 0.9999, 0.0593"
  })
  void deepTanhMatchesAnIndependentSolver(
      double gamma,
      double fit1,
      double trace1,
      double alignment1,
      double fit2,
      double trace2,
      double alignment2,
      double loss) {
    SaddleOptions options = new SaddleOptions(gamma, 10, 400, 0, 1, 1e-9, 400);
    NetworkSpec network = NetworkSpec.of(2, Activation.TANH);
    try (SaddleSampler sampler = sampler(network, options, true)) {
      assertThat(sampler.run(RunControl.silent())).isEqualTo(StopReason.BUDGET);
      requireLayer(sampler, 1, fit1, trace1, alignment1, 0.006);
      requireLayer(sampler, 2, fit2, trace2, alignment2, 0.006);
      double[] f = sampler.chains().large()[0].testPredictions().mean();
      double[] g = sampler.chains().large()[1].testPredictions().mean();
      double[] y = Digits.testTargets();
      double ownLoss = 0;
      double error = 0;
      for (int i = 0; i < y.length; i++) {
        // The product of the errors of independent chains is free of the bias of a square.
        ownLoss += (f[i] - y[i]) * (g[i] - y[i]) / y.length;
        // Standard error of each point's mean, as if all points erred together.
        error += Math.abs((f[i] + g[i] - 2 * y[i]) * (f[i] - g[i])) / 2 / y.length;
      }
      assertThat(error).isLessThan(0.1 * loss);
      assertThat(ownLoss).isCloseTo(loss, within(error + 0.02 * loss));
      Certificate certificate = sampler.certificate();
      assertThat(certificate.layers()).hasSize(2);
      for (Certificate.Layer layer : certificate.layers()) {
        assertThat(layer.residual()).isLessThan(4 * layer.residualError());
        assertThat(layer.residualError()).isLessThan(0.02);
      }
      assertThat(certificate.mixing().rHat()).isLessThan(1.05);
      assertThat(certificate.effectiveSweeps()).isGreaterThan(20);
    }
  }

  private static void requireLayer(
      SaddleSampler sampler, int l, double fit, double trace, double alignment, double relative) {
    SaddleEstimate estimate = sampler.estimate();
    require("fit", estimate.scalar(c -> c.layer(l).fit()), P * P, fit, relative * fit);
    require("trace", estimate.scalar(c -> c.layer(l).trace()), P, trace, relative * trace);
    require("alignment", estimate.scalar(c -> c.layer(l).alignment()), 1, alignment, 0.0015);
  }

  /**
   * Two hidden ReLU layers against a single run of another program at 500 samples, which were not
   * extrapolated: chains at 500 samples, 1 %.
   */
  @Test
  void deepReluMatchesAnIndependentSamplerAtTheSameNumberOfSamples() {
    NetworkSpec network = NetworkSpec.of(2, Activation.RELU);
    SaddleOptions options = new SaddleOptions(1, 10, 500, 0, 1, 1e-9, 200);
    try (SaddleSampler sampler = sampler(network, options, false)) {
      sampler.run(RunControl.silent());
      double[][] expected = {{0.2486, 1.069, 0.367}, {0.4364, 1.378, 0.461}};
      for (int l = 1; l <= 2; l++) {
        double[] value = new double[3];
        double[] error = new double[3];
        for (SamplingChain chain : sampler.chains().large()) {
          LayerAverages layer = chain.layer(l);
          value[0] += layer.fit().mean() / (2 * P * P);
          error[0] = Math.hypot(error[0], layer.fit().standardError() / (2 * P * P));
          value[1] += layer.trace().mean() / (2 * P);
          error[1] = Math.hypot(error[1], layer.trace().standardError() / (2 * P));
          value[2] += layer.alignment().mean() / 2;
          error[2] = Math.hypot(error[2], layer.alignment().standardError() / 2);
        }
        for (int i = 0; i < 3; i++) {
          double known = expected[l - 1][i];
          assertThat(error[i]).isLessThan(0.02 * known);
          assertThat(value[i]).isCloseTo(known, within(4 * error[i] + 0.01 * known));
        }
      }
    }
  }

  /** A linear network has a closed form at any depth. Four standard errors, every entry to 3 %. */
  @ParameterizedTest
  @CsvSource({"2, 0.5", "3, 1.0"})
  void linearNetworkReproducesTheClosedForm(int depth, double gamma) {
    NetworkSpec network = NetworkSpec.of(depth, Activation.LINEAR);
    double[] y = Digits.y(P);
    double[] x = ReferenceDigits.trainInputs(P).toArray();
    double[] c = new double[P * P];
    for (int i = 0; i < P * P; i++) {
      for (int k = 0; k < ReferenceDigits.DIMENSION; k++) {
        int d = ReferenceDigits.DIMENSION;
        c[i] += x[i / P * d + k] * x[i % P * d + k] / d;
      }
    }
    LinearSaddle exact = LinearSaddle.solve(backend, c, y, depth, gamma, 0.1);
    SaddleOptions options = new SaddleOptions(gamma, 10, 400, 0, 7, 1e-9, 200);
    try (SaddleSampler sampler = sampler(network, options, false)) {
      sampler.run(RunControl.silent());
      SaddleEstimate estimate = sampler.estimate();
      for (int l = 1; l <= depth; l++) {
        int layer = l;
        double[] phi = exact.kernel(l);
        double fit = 0;
        double trace = 0;
        double distance = 0;
        for (int i = 0; i < phi.length; i++) {
          fit += y[i / P] * phi[i] * y[i % P];
          trace += i / P == i % P ? phi[i] : 0;
          distance += Math.pow(estimate.kernel(l)[i] - phi[i], 2);
        }
        require("fit", estimate.scalar(s -> s.layer(layer).fit()), 1, fit, 0);
        require("trace", estimate.scalar(s -> s.layer(layer).trace()), 1, trace, 0);
        double norm = Math.sqrt(Estimate.ofProduct(phi, phi).value());
        assertThat(Math.sqrt(distance) / norm).isLessThan(0.03);
      }
      double overlap = Estimate.ofProduct(y, exact.dual()).value();
      require("y.v", estimate.scalar(SamplingChain::dualFit), 1, overlap, 0);
    }
  }

  /**
   * Without a tilt the kernel with new points is that of the initial network, in closed form; four
   * standard errors on average, with biases and different variances.
   */
  @ParameterizedTest
  @Activations
  void kernelWithNewPointsIsTheInitialOneWithoutATilt(Activation f) {
    NetworkSpec network =
        NetworkSpec.of(3, f).withWeightVariances(1.2, 0.9, 1.1, 0.7).withBiasVariance(0.2);
    int newPoints = 6;
    Inputs x = ReferenceDigits.trainInputs(P);
    Inputs test =
        Inputs.of(
            ReferenceDigits.testInputs().copyRows(45, newPoints),
            newPoints,
            ReferenceDigits.DIMENSION);
    InputFactor input = factor(backend, network);
    double[] nngp = new LazyKernel(network, KernelKind.NNGP).cross(backend, test, x);
    int batches = 12;
    int samples = 4000;
    double[] sum = new double[nngp.length];
    double[] squares = new double[nngp.length];
    PosteriorParameters parameters = new PosteriorParameters(0, 1, 0.7, 0);
    try (PrimalPosterior posterior =
            new PrimalPosterior(backend, network, input, unit(), parameters, samples);
        DeepTestPoints points =
            new DeepTestPoints(
                backend,
                network,
                input,
                input.coordinates(backend, test.toArray(), newPoints),
                posterior::jitter,
                128);
        FieldPopulation population = posterior.newPopulation(samples, 1);
        Matrix k = backend.allocate(Precision.FLOAT64, newPoints, P, "kernel")) {
      double[] batch = new double[nngp.length];
      for (int b = 0; b < batches; b++) {
        long stream = RandomStreams.stream(RandomStreams.INITIAL_FIELD, 1, b);
        backend.fillGaussian(9, stream, 0, population.xi());
        posterior.refresh(population);
        // with v = I the prediction is the kernel itself
        backend.fill(0, population.dual());
        backend.addDiagonal(1, population.dual());
        backend.fill(0, k);
        points.addPrediction(population, new TestPoints.Draw(9, 1, b), k);
        backend.download(k, batch);
        for (int i = 0; i < batch.length; i++) {
          sum[i] += batch[i];
          squares[i] += batch[i] * batch[i];
        }
      }
    }
    double deviation = 0;
    double noise = 0;
    double size = 0;
    for (int i = 0; i < nngp.length; i++) {
      double mean = sum[i] / batches;
      deviation += Math.pow(mean - nngp[i], 2);
      noise += (squares[i] / batches - mean * mean) / (batches - 1.0);
      size += nngp[i] * nngp[i];
    }
    assertThat(Math.sqrt(noise / size)).isLessThan(0.02);
    // the kernel of a layer with finite S is biased by 1/S = 0.00025 too
    assertThat(Math.sqrt(deviation / size)).isLessThan(3 * Math.sqrt(noise / size) + 0.002);
  }

  private static double[] unit() {
    double[] unit = new double[P * P];
    for (int i = 0; i < P; i++) {
      unit[i * P + i] = 1;
    }
    return unit;
  }

  /** New points that are training points leave nothing to chance: f = y - kappa v. */
  @ParameterizedTest
  @Activations({"relu", "tanh", "erf"})
  void predictionAtTrainingPointsIsTheFit(Activation f) {
    NetworkSpec network = NetworkSpec.of(3, f);
    InputFactor input = factor(backend, network);
    double[] y = Digits.y(P);
    PosteriorParameters parameters = new PosteriorParameters(1, 0.1, 1, 0);
    int samples = 300;
    double[] x = ReferenceDigits.trainInputs(P).toArray();
    try (PrimalPosterior posterior =
            new PrimalPosterior(backend, network, input, y, parameters, samples);
        DeepTestPoints points =
            new DeepTestPoints(
                backend, network, input, input.coordinates(backend, x, P), posterior::jitter, 128);
        FieldPopulation population = posterior.newPopulation(samples, 1);
        Matrix sum = backend.allocate(Precision.FLOAT64, P, 1, "prediction")) {
      backend.fillGaussian(3, 4, 0, population.xi());
      posterior.refresh(population);
      points.addPrediction(population, new TestPoints.Draw(3, 0, 0), sum);
      double[] prediction = new double[P];
      double[] v = new double[P];
      backend.download(sum, prediction);
      backend.download(population.dual(), v);
      for (int i = 0; i < P; i++) {
        assertThat(prediction[i]).isCloseTo(y[i] - 0.1 * v[i], within(0.01));
      }
    }
  }

  private Search.Outcome path(RunControl control, int points) {
    AdaptiveProblem problem =
        new AdaptiveProblem(
            NetworkSpec.of(2, Activation.TANH),
            new SaddleOptions(0.6, 5, 64, 0, 17, 1e-9, 40),
            ReferenceDigits.trainInputs(points),
            ReferenceDigits.trainTargets(points),
            Inputs.of(ReferenceDigits.testInputs().copyRows(0, 5), 5, ReferenceDigits.DIMENSION));
    Search search =
        new Search(
            Optional.of(new GammaPath(0, 0.6, 4)),
            Optional.empty(),
            Search.SecondStart.NO,
            Optional.empty());
    return new SearchSolver(backend, problem, search).solve(control).orElse(null);
  }

  /** Stops in the burn-in of the second point and while the third is sampled. */
  @Test
  void pathThatIsStoppedAndResumedHasTheBitsOfTheUninterruptedOne() {
    Search.Outcome expected = path(RunControl.silent(), 8);
    for (String where : new String[] {"solve 2 of 4, burn-in", "solve 4 of 4, sampling"}) {
      InMemoryCheckpoints store = new InMemoryCheckpoints();
      StopSignal signal = new StopSignal();
      Progress.Listener listener =
          progress -> {
            if (progress.phase().equals(where)) {
              signal.raise();
            }
          };
      assertThat(path(new RunControl(listener, signal, store), 8)).isNull();
      Search.Outcome resumed =
          path(new RunControl(Progress.Listener.silent(), new StopSignal(), store), 8);
      assertThat(resumed.path()).hasSize(4);
      for (int i = 0; i < 4; i++) {
        PathPoint a = resumed.path().get(i).point();
        PathPoint b = expected.path().get(i).point();
        assertThat(a.kernels().get(1)).containsExactly(b.kernels().get(1));
        assertThat(a.testPredictions()).containsExactly(b.testPredictions());
        assertThat(a.certificate().residual()).isEqualTo(b.certificate().residual());
        assertThat(a.certificate().effectiveSweeps()).isEqualTo(b.certificate().effectiveSweeps());
        assertThat(resumed.path().get(i).action()).isEqualTo(expected.path().get(i).action());
      }
      assertThat(resumed.solution().dual()).containsExactly(expected.solution().dual());
    }
  }

  /** A saved predictor carries the noise of the populations kept; the fit averages all sweeps. */
  @Test
  void predictorOfKeptPopulationsAgreesWithTheFit() {
    NetworkSpec network = NetworkSpec.of(2, Activation.TANH);
    SaddleOptions options = new SaddleOptions(1, 10, 400, 0, 3, 1e-9, 160);
    AdaptiveProblem problem =
        new AdaptiveProblem(
            network,
            options,
            ReferenceDigits.trainInputs(P),
            ReferenceDigits.trainTargets(P),
            ReferenceDigits.testInputs());
    AdaptiveNbkSolution solution =
        new AdaptiveNbkSolver(backend, problem).solve(RunControl.silent());
    double[] again = solution.predictor().predict(backend, ReferenceDigits.testInputs());
    double[] f = solution.testPredictions();
    double difference = 0;
    double size = 0;
    for (int i = 0; i < f.length; i++) {
      difference += Math.pow(again[i] - f[i], 2);
      size += f[i] * f[i];
    }
    assertThat(Math.sqrt(difference / size)).isLessThan(0.05);
  }
}
