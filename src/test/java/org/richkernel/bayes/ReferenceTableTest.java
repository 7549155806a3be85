package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Locale;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.solver.MonteCarloSeries;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

class ReferenceTableTest {
  @ParameterizedTest
  @CsvSource({
    "RELU, 0.3, 0.12824, 0.0002, 0.6863, 0.0011, 9.169, 0.010, 0.3125, 0.1462",
    "RELU, 1.0, 0.33109, 0.0006, 1.1623, 0.0028, 3.308, 0.005, 0.4564, 0.1373",
    "RELU, 2.0, 0.62007, 0.0009, 1.7842, 0.0027, 1.704, 0.003, 0.5385, 0.1324",
    "TANH, 0.3, 0.11239, 0.0002, 0.3964, 0.0003, 10.051, 0.011, 0.6361, 0.1033",
    "TANH, 1.0, 0.23797, 0.0002, 0.4524, 0.0001, 4.455, 0.003, 0.9262, 0.0969",
    "TANH, 2.0, 0.39561, 0.0001, 0.5352, 0.0002, 2.598, 0.001, 0.9891, 0.0920"
  })
  void saddlePointOfTwentyDigits(
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
    int p = 20;
    int S = Integer.getInteger("S", 800);
    int sweeps = Integer.getInteger("sw", 200);
    long t0 = System.nanoTime();
    double[] y = Digits.y(p);
    try (Backend backend = Backends.open("cpu", new BackendOptions(Integer.getInteger("th", 1), Long.MAX_VALUE), l -> {})) {
      InputFactor input = Digits.factor(backend, p);
      SaddleOptions options = new SaddleOptions(gamma, 10, S, 0, 1, 1e-9, sweeps);
      try (SaddleSampler sampler = new SaddleSampler(backend, activation, input, y, 1, options, Digits.testPoints(backend, input))) {
        sampler.run(RunControl.silent());
        SamplingChain[] l = sampler.large(), s = sampler.small();
        for (var f : java.util.List.<java.util.function.Function<SamplingChain, MonteCarloSeries>>of(SamplingChain::kernelFit, SamplingChain::trace, SamplingChain::dualFit)) {
          double m = 0, e = 0;
          for (int c = 0; c < 2; c++) { m += (4 * f.apply(l[c]).mean() - f.apply(s[c]).mean()) / 6; e += Math.pow(4 * f.apply(l[c]).standardError(), 2) + Math.pow(f.apply(s[c]).standardError(), 2); }
          System.out.printf("%.6f+-%.6f (%.6f %.6f)  ", m, Math.sqrt(e) / 6, f.apply(l[0]).mean(), f.apply(s[0]).mean());
        }
        System.out.printf(" res %.2g+-%.2g step %.3g acc %.2f tau %.2f %.2f blocks %d time %.1f eq %.2g+-%.2g%n", sampler.estimate().residual(), sampler.estimate().residualError(), l[0].step(), l[0].acceptance(), l[0].autocorrelationTime(), s[0].autocorrelationTime(), l[0].population().blocks(), (System.nanoTime() - t0) / 1e9, sampler.equilibriumResidual(), sampler.equilibriumError());
      }
    }
  }
}
