package org.richkernel.bayes;

import java.util.function.Function;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.MonteCarloSeries;

/**
 * Saddle point extrapolated to S = infinity, with its certificate.
 *
 * <p>Averages at S and S/4 samples carry an error of order 1/S, so q = (4 q_S - q_{S/4}) / 3 for
 * the kernel, the dual vector and every other observable. Only then is the equation Y = (g Phi +
 * kappa) v tested: the average of a product differs from the product of averages at order 1/S. A
 * posterior at finite width has no small chains and is not extrapolated.
 */
final class SaddleEstimate {
  private final SamplingChain[] large;
  private final SamplingChain[] small;
  private final int points;
  private final int outputs;
  private final double[][] kernels; // g_l Phi^l, P x P each
  private final double[] kernelErrors; // of g_l Phi^l, in Frobenius norm
  private final double[] dual; // v, P x K
  private final double residual;
  private final double residualError;

  /**
   * @param large chains at S samples, one per seed
   * @param small chains at S/4 samples in the same order, or none
   * @param y targets, P x K
   */
  SaddleEstimate(
      SamplingChain[] large, SamplingChain[] small, double[] y, int points, double kappa) {
    this.large = large;
    this.small = small;
    this.points = points;
    this.outputs = y.length / points;
    int chains = large.length;
    int depth = large[0].population().layers();
    kernels = new double[depth][points * points];
    kernelErrors = new double[depth];
    dual = new double[y.length];
    double[][] residuals = new double[chains][];
    double[][][] chainKernels = new double[depth][chains][];
    for (int c = 0; c < chains; c++) {
      double[] chainKernel = new double[0];
      for (int l = 1; l <= depth; l++) {
        int layer = l;
        chainKernel = extrapolated(c, chain -> chain.layer(layer).meanKernel());
        chainKernels[l - 1][c] = chainKernel;
        add(1.0 / chains, chainKernel, kernels[l - 1]);
      }
      double[] chainDual = extrapolated(c, SamplingChain::meanDual);
      residuals[c] = residual(chainKernel, chainDual, y, kappa);
      add(1.0 / chains, chainDual, dual);
    }
    for (int l = 0; l < depth; l++) {
      kernelErrors[l] = spread(chainKernels[l]);
    }
    double scale = norm(y);
    residual = norm(residual(kernels[depth - 1], dual, y, kappa)) / scale;
    residualError = spread(residuals) / scale;
  }

  /** (4 q_S - q_{S/4}) / 3 of one chain's mean array. */
  double[] extrapolated(int chain, Function<SamplingChain, double[]> mean) {
    double[] atS = mean.apply(large[chain]);
    if (small.length == 0) {
      return atS;
    }
    double[] atQuarter = mean.apply(small[chain]);
    for (int i = 0; i < atS.length; i++) {
      atS[i] = (4 * atS[i] - atQuarter[i]) / 3;
    }
    return atS;
  }

  /** The extrapolation of a scalar measured once per sweep, averaged over the chains. */
  Estimate extrapolated(Function<SamplingChain, MonteCarloSeries> series) {
    double value = 0;
    double variance = 0;
    double largeWeight = (small.length == 0 ? 1.0 : 4.0 / 3) / large.length;
    for (SamplingChain chain : large) {
      MonteCarloSeries s = series.apply(chain);
      value += largeWeight * s.mean();
      variance += Math.pow(largeWeight * s.standardError(), 2);
    }
    for (SamplingChain chain : small) {
      MonteCarloSeries s = series.apply(chain);
      double weight = -1.0 / 3 / small.length;
      value += weight * s.mean();
      variance += Math.pow(weight * s.standardError(), 2);
    }
    return new Estimate(value, Math.sqrt(variance));
  }

  /** Y - (g Phi + kappa) v. */
  private double[] residual(double[] k, double[] v, double[] y, double kappa) {
    double[] r = y.clone();
    for (int i = 0; i < points; i++) {
      for (int o = 0; o < outputs; o++) {
        double sum = kappa * v[i * outputs + o];
        for (int j = 0; j < points; j++) {
          sum += k[i * points + j] * v[j * outputs + o];
        }
        r[i * outputs + o] -= sum;
      }
    }
    return r;
  }

  /** Standard error of the mean of vectors, as the norm over their components. */
  private static double spread(double[][] vectors) {
    int count = vectors.length;
    double sum = 0;
    for (int i = 0; i < vectors[0].length; i++) {
      double mean = 0;
      for (double[] vector : vectors) {
        mean += vector[i] / count;
      }
      for (double[] vector : vectors) {
        sum += (vector[i] - mean) * (vector[i] - mean);
      }
    }
    return Math.sqrt(sum / (count * (count - 1.0)));
  }

  private static void add(double weight, double[] x, double[] y) {
    for (int i = 0; i < x.length; i++) {
      y[i] += weight * x[i];
    }
  }

  private static double norm(double[] x) {
    double sum = 0;
    for (double value : x) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }

  /** g_L Phi^L at the saddle, P x P. */
  double[] kernel() {
    return kernels[kernels.length - 1];
  }

  /** g_l Phi^l at the saddle for l = 1 to L, P x P. */
  double[] kernel(int layer) {
    return kernels[layer - 1];
  }

  /** Standard error of {@link #kernel(int)} in Frobenius norm, from the spread between chains. */
  double kernelError(int layer) {
    return kernelErrors[layer - 1];
  }

  /** v at the saddle, P x K. */
  double[] dual() {
    return dual;
  }

  /** |Y - (g Phi + kappa) v| / |Y|. */
  double residual() {
    return residual;
  }

  /** Standard error of the residual vector from the spread between chains, in units of |Y|. */
  double residualError() {
    return residualError;
  }
}
