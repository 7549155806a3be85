package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.NetworkSpec;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.MonteCarloSeries;
import org.richkernel.solver.RunControl;
import org.richkernel.stack.PosteriorParameters;

/** The sampler on linear networks, whose answers are known at infinite and at finite width. */
class LinearSamplingTest {
  private static final int P = 20;
  private static final double KAPPA = 0.1;

  /** Nodes of a quadrature over ln q. */
  private static final int STEPS = 20_000;

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static double[] inputKernel() {
    double[] x = ReferenceDigits.trainInputs(P).toArray();
    RealMatrix m = ReferencePotential.matrix(x, P);
    RealMatrix c = m.multiply(m.transpose()).scalarMultiply(1.0 / ReferenceDigits.DIMENSION);
    double[] flat = new double[P * P];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = c.getEntry(i / P, i % P);
    }
    return flat;
  }

  /** Four combined standard errors of the chains for scalars of the extrapolated kernel. */
  @ParameterizedTest
  @CsvSource({"0.5", "1.0", "4.0"})
  void extrapolatedSamplesReproduceTheClosedForm(double gamma) {
    double[] y = Digits.y(P);
    LinearSaddle exact = LinearSaddle.solve(backend, inputKernel(), y, 1, gamma, KAPPA);
    SaddleOptions options = new SaddleOptions(gamma, 1 / KAPPA, 400, 0, 7, 1e-9, 400);
    try (SaddleSampler sampler =
        new SaddleSampler(
            backend,
            NetworkSpec.of(1, Activation.LINEAR),
            Digits.factor(backend, P),
            y,
            options,
            null)) {
      sampler.run(RunControl.silent());
      SaddleEstimate estimate = sampler.estimate();
      double[] phi = exact.kernel(1);
      double trace = 0;
      double fit = 0;
      double overlap = 0;
      for (int i = 0; i < P; i++) {
        trace += phi[i * P + i];
        overlap += y[i] * exact.dual()[i];
        for (int j = 0; j < P; j++) {
          fit += y[i] * phi[i * P + j] * y[j];
        }
      }
      requireWithin(4, estimate.scalar(chain -> chain.layer(1).trace()), trace);
      requireWithin(4, estimate.scalar(chain -> chain.layer(1).fit()), fit);
      requireWithin(4, estimate.scalar(SamplingChain::dualFit), overlap);
      // every entry: mean squared distance to the exact kernel is that of the chains' spread
      double distance = 0;
      double size = 0;
      for (int i = 0; i < phi.length; i++) {
        distance += Math.pow(estimate.kernel(1)[i] - phi[i], 2);
        size += phi[i] * phi[i];
      }
      assertThat(Math.sqrt(distance / size)).isLessThan(0.02);
    }
  }

  private static void requireWithin(double errors, Estimate estimate, double expected) {
    // an error of more than 1 % would make the comparison empty
    assertThat(estimate.error()).isLessThan(0.01 * Math.abs(expected));
    assertThat(estimate.value()).isCloseTo(expected, within(errors * estimate.error()));
  }

  /**
   * Errors at finite S shrink as 1/S: S times the error of y^T v at S = 40 and S = 160 agree within
   * four standard errors plus the next order, a quarter of it.
   */
  @Test
  void errorAtFiniteNumberOfSamplesIsInverselyProportional() {
    double[] y = Digits.y(P);
    double gamma = 1;
    LinearSaddle exact = LinearSaddle.solve(backend, inputKernel(), y, 1, gamma, KAPPA);
    double overlap = 0;
    for (int i = 0; i < P; i++) {
      overlap += y[i] * exact.dual()[i];
    }
    InputFactor input = Digits.factor(backend, P);
    double[] slope = new double[2];
    double[] error = new double[2];
    int[] samples = {40, 160};
    for (int i = 0; i < 2; i++) {
      PosteriorParameters parameters = new PosteriorParameters(gamma, KAPPA, 1, 0);
      try (OneChain one =
          new OneChain(backend, Activation.LINEAR, input, y, parameters, samples[i], 1, 3, null)
              .run(200, 4000)) {
        MonteCarloSeries fit = one.chain.dualFit();
        slope[i] = samples[i] * (fit.mean() - overlap);
        error[i] = samples[i] * fit.standardError();
      }
    }
    assertThat(slope[0]).as("the finite-S error is resolved").isGreaterThan(10 * error[0]);
    assertThat(slope[1])
        .isCloseTo(slope[0], within(4 * Math.hypot(error[0], error[1]) + 0.25 * slope[0]));
  }

  /**
   * At S = N with the determinant the density is the exact posterior of a network of width N; for a
   * linear one everything follows from q = |w|^2 chi / N by a quadrature.
   */
  @ParameterizedTest
  @CsvSource({"1, 8.923", "10, 4.689", "40, 2.643"})
  void finiteWidthPosteriorMatchesTheQuadrature(double chi, double known) {
    int width = 40;
    double[] y = Digits.y(P);
    double expected = posteriorOverlap(inputKernel(), y, width, chi);
    assertThat(expected).isCloseTo(known, within(6e-4));
    PosteriorParameters parameters = new PosteriorParameters(Math.sqrt(chi / width), KAPPA, 1, 0.5);
    try (OneChain one =
        new OneChain(
                backend,
                Activation.LINEAR,
                Digits.factor(backend, P),
                y,
                parameters,
                width,
                3,
                11,
                null)
            .run(300, 4000)) {
      MonteCarloSeries fit = one.chain.dualFit();
      assertThat(fit.standardError()).isLessThan(0.005 * expected);
      assertThat(fit.mean()).isCloseTo(expected, within(4 * fit.standardError()));
    }
  }

  /**
   * The same of a whole solve with more points than samples, the norm of the mean kernel included:
   * given q the fields along the readout are Gaussian with mean m and covariance lambda kappa / (q
   * lambda + kappa) in the basis of C, and all others are of the prior.
   */
  @Test
  void dualFormHasTheKernelOfTheExactPosteriorOfItsWidth() {
    int width = 12;
    double gamma = 1;
    double[] y = Digits.y(P);
    EigenDecomposition eigen = new EigenDecomposition(ReferencePotential.matrix(inputKernel(), P));
    double[] lambda = eigen.getRealEigenvalues();
    double[] z = new Array2DRowRealMatrix(eigen.getVT().getData()).operate(y);
    double[] weight = posteriorOfScales(lambda, z, width, gamma * gamma * width);
    double[][] kernel = new double[P][P];
    double overlap = 0;
    for (int s = 0; s < STEPS; s++) {
      double q = scale(s);
      for (int i = 0; i < P; i++) {
        double a = q * lambda[i] + KAPPA;
        overlap += weight[s] * z[i] * z[i] / a;
        kernel[i][i] += weight[s] * lambda[i] * (1 - q * lambda[i] / a / width);
        for (int j = 0; j < P; j++) {
          double m = lambda[i] * z[i] / a * lambda[j] * z[j] / (q * lambda[j] + KAPPA);
          kernel[i][j] += weight[s] * gamma * gamma * q * m;
        }
      }
    }
    double trace = 0;
    double fit = 0;
    double square = 0;
    for (int i = 0; i < P; i++) {
      trace += kernel[i][i];
      for (int j = 0; j < P; j++) {
        fit += z[i] * kernel[i][j] * z[j];
        square += kernel[i][j] * kernel[i][j];
      }
    }
    SaddleOptions options =
        new SaddleOptions(gamma, 1 / KAPPA, width, 1, 3, 1e-9, 4000)
            .withLargeData(new LargeData(ReadoutForm.DUAL, 1000));
    AdaptiveProblem problem =
        AdaptiveProblem.of(
            NetworkSpec.of(1, Activation.LINEAR),
            options,
            ReferenceDigits.trainInputs(P),
            ReferenceDigits.trainTargets(P));
    AdaptiveNbkSolution solution =
        new AdaptiveNbkSolver(backend, problem).solve(RunControl.silent());
    assertThat(solution).isNotNull();
    assertThat(solution.form()).contains(ReadoutForm.DUAL);
    assertThat(solution.certificate().failures(0.02)).isEmpty();
    AdaptiveNbkSolution.Layer layer = solution.layers().get(0);
    requireWithin(4, solution.dualFit(), overlap);
    requireWithin(4, layer.trace(), trace / P);
    // those of single kernels are a twentieth larger
    requireWithin(4, layer.frobenius(), Math.sqrt(square));
    double targets = 0;
    for (double each : y) {
      targets += each * each;
    }
    requireWithin(4, layer.alignment(), fit / Math.sqrt(square) / targets);
  }

  /**
   * E[y.v] with p(q | y) ~ q^{N/2-1} e^{-Nq/2} prod_i (q lam_i + kappa)^{-1/2} exp(-chi/2 sum_i
   * z_i^2 / (q lam_i + kappa)) and y.v = sum_i z_i^2 / (q lam_i + kappa), by the trapezoidal rule
   * in ln q.
   */
  private static double posteriorOverlap(double[] c, double[] y, int width, double chi) {
    EigenDecomposition eigen = new EigenDecomposition(ReferencePotential.matrix(c, P));
    double[] lambda = eigen.getRealEigenvalues();
    double[] z = new Array2DRowRealMatrix(eigen.getVT().getData()).operate(y);
    double[] weight = posteriorOfScales(lambda, z, width, chi);
    double mean = 0;
    for (int s = 0; s < STEPS; s++) {
      for (int i = 0; i < P; i++) {
        mean += weight[s] * z[i] * z[i] / (scale(s) * lambda[i] + KAPPA);
      }
    }
    return mean;
  }

  private static double scale(int step) {
    return Math.exp(-6 + 12.0 * step / STEPS);
  }

  /** Probabilities of the scales q. */
  private static double[] posteriorOfScales(double[] lambda, double[] z, int width, double chi) {
    double[] weight = new double[STEPS];
    double largest = Double.NEGATIVE_INFINITY;
    for (int s = 0; s < STEPS; s++) {
      double q = scale(s);
      weight[s] = 0.5 * width * (Math.log(q) - q);
      for (int i = 0; i < P; i++) {
        double a = q * lambda[i] + KAPPA;
        weight[s] -= 0.5 * Math.log(a) + 0.5 * chi * z[i] * z[i] / a;
      }
      largest = Math.max(largest, weight[s]);
    }
    double total = 0;
    for (int s = 0; s < STEPS; s++) {
      weight[s] = Math.exp(weight[s] - largest);
      total += weight[s];
    }
    for (int s = 0; s < STEPS; s++) {
      weight[s] /= total;
    }
    return weight;
  }
}
