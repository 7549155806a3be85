package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.network.NetworkSpec;
import org.richkernel.sampling.Estimate;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

/**
 * Saddle points of the first 20 digits against values from an independent implementation: a sampler
 * with explicit leapfrog for the prior, S = 400 and 1600, extrapolated, with the standard errors
 * that it stated. kappa = 0.1; test error on 100 images.
 */
class ReferenceTableTest {
  private static final int P = 20;

  /** Every number within this many combined standard errors. */
  private static final double ERRORS = 4;

  @ParameterizedTest
  @CsvSource({
    "RELU, 0.3, 0.12824, 0.0002, 0.6863, 0.0011, 9.169, 0.010, 0.3125, 0.1462",
    "RELU, 1.0, 0.33109, 0.0006, 1.1623, 0.0028, 3.308, 0.005, 0.4564, 0.1373",
    "RELU, 2.0, 0.62007, 0.0009, 1.7842, 0.0027, 1.704, 0.003, 0.5385, 0.1324",
    "TANH, 0.3, 0.11239, 0.0002, 0.3964, 0.0003, 10.051, 0.011, 0.6361, 0.1033",
    "TANH, 1.0, 0.23797, 0.0002, 0.4524, 0.0001, 4.455, 0.003, 0.9262, 0.0969",
    "TANH, 2.0, 0.39561, 0.0001, 0.5352, 0.0002, 2.598, 0.001, 0.9891, 0.0920"
  })
  void saddlePointMatchesAnIndependentSampler(
      Activation activation,
      double gamma,
      double fit,
      double fitError,
      double trace,
      double traceError,
      double overlap,
      double overlapError,
      double alignment,
      double loss) {
    double[] y = Digits.y(P);
    try (Backend backend =
        Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {})) {
      InputFactor input = Digits.factor(backend, P);
      SaddleOptions options = new SaddleOptions(gamma, 10, 800, 0, 1, 1e-9, 300);
      try (SaddleSampler sampler =
          new SaddleSampler(
              backend,
              NetworkSpec.of(1, activation),
              input,
              y,
              options,
              Digits.testPoints(backend, input))) {
        assertThat(sampler.run(RunControl.silent())).isEqualTo(StopReason.BUDGET);
        SaddleEstimate estimate = sampler.estimate();
        Estimate ownFit = estimate.scalar(chain -> chain.layer(1).fit());
        require("y'Phi y / P^2", ownFit, P * P, fit, fitError);
        require(
            "Tr Phi / P", estimate.scalar(chain -> chain.layer(1).trace()), P, trace, traceError);
        require("y.v", estimate.scalar(SamplingChain::dualFit), 1, overlap, overlapError);

        double square = 0;
        for (double k : estimate.kernel(1)) {
          square += k * k;
        }
        double ownAlignment = ownFit.value() / (Math.sqrt(square) * P);
        double alignmentError = estimate.scalar(chain -> chain.layer(1).alignment()).error();
        // the table states no error of the alignment; that of y'Phi y bounds it
        double stated = alignment * fitError / fit + 5e-5;
        require("alignment", new Estimate(ownAlignment, alignmentError), 1, alignment, stated);

        double[] perChain = new double[ChainEnsemble.CHAINS];
        double[][] f = new double[ChainEnsemble.CHAINS][];
        for (int c = 0; c < perChain.length; c++) {
          double[] quarter = sampler.chains().small()[c].testPredictions().mean();
          f[c] = sampler.chains().large()[c].testPredictions().mean();
          for (int i = 0; i < quarter.length; i++) {
            f[c][i] = (4 * f[c][i] - quarter[i]) / 3;
          }
          perChain[c] = meanSquare(f[c], f[c], Digits.testTargets());
        }
        double ownLoss = meanSquare(f[0], f[1], Digits.testTargets());
        // good to 5e-4, as two runs of the other sampler have shown
        assertThat(ownLoss).as("test error").isCloseTo(loss, within(ERRORS * 5e-4));
        assertThat(perChain[0]).isCloseTo(perChain[1], within(0.01));

        // the certificate agrees: the density holds
        assertThat(sampler.certificate().residual())
            .isLessThan(ERRORS * sampler.certificate().residualError());
        assertThat(sampler.certificate().residualError()).isLessThan(0.01);
        assertThat(sampler.certificate().mixing().rHat()).isLessThan(1.1);
      }
    }
  }

  private static void require(
      String what, Estimate own, double unit, double table, double tableError) {
    double error = Math.hypot(own.error() / unit, tableError);
    assertThat(own.error() / unit).as(what + ": own error").isLessThan(0.01 * table);
    assertThat(own.value() / unit).as(what).isCloseTo(table, within(ERRORS * error));
  }

  /** Mean of ((a + b) / 2 - y)^2. */
  private static double meanSquare(double[] a, double[] b, double[] y) {
    double sum = 0;
    for (int i = 0; i < y.length; i++) {
      sum += Math.pow(0.5 * (a[i] + b[i]) - y[i], 2);
    }
    return sum / y.length;
  }
}
