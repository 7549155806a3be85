package org.richkernel.bayes;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.richkernel.sampling.BatchMeans;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.MonteCarloSeries;
import org.richkernel.sampling.ParallelChains;
import org.richkernel.sampling.SampleMean;
import org.richkernel.sampling.SampledVector;

/**
 * Saddle point extrapolated to S = infinity, with errors by the rule of {@link
 * org.richkernel.sampling}.
 *
 * <p>Averages at S and S/4 samples carry an error of order 1/S, so q = (4 q_S - q_{S/4}) / 3 for
 * the kernel, the dual vector and every other observable. A posterior at finite width has no chains
 * at S/4 and no extrapolation.
 */
final class SaddleEstimate {
  private final List<SamplingChain> large;
  private final List<SamplingChain> small;
  private final double[][] kernels; // g_l Phi^l, P x P each
  private final double[] kernelErrors; // of g_l Phi^l, in Frobenius norm

  /**
   * @param large chains at S samples
   * @param small chains at S/4 samples, or none
   * @param points P
   */
  SaddleEstimate(SamplingChain[] large, SamplingChain[] small, int points) {
    this.large = List.of(large);
    this.small = List.of(small);
    int depth = large[0].population().layers();
    int formed = large[0].layer(1).hasMeanKernel() ? depth : 0;
    kernels = new double[formed][formed == 0 ? 0 : Math.multiplyExact(points, points)];
    kernelErrors = new double[formed];
    for (int l = 1; l <= formed; l++) {
      double variance = addKernel(l, this.large, small.length == 0 ? 1 : 4.0 / 3);
      if (small.length > 0) {
        variance += addKernel(l, this.small, -1.0 / 3);
      }
      kernelErrors[l - 1] = Math.sqrt(variance);
    }
  }

  /** Adds a multiple of the mean kernel of some chains; returns its squared error. */
  private double addKernel(int layer, List<SamplingChain> chains, double weight) {
    int count = chains.size();
    double[] sum = kernels[layer - 1];
    double[] mean = new double[sum.length];
    double squares = 0;
    for (SamplingChain chain : chains) {
      double[] kernel = chain.layer(layer).meanKernel();
      for (int i = 0; i < mean.length; i++) {
        mean[i] += kernel[i] / count;
        squares += kernel[i] * kernel[i];
      }
    }
    for (int i = 0; i < mean.length; i++) {
      sum[i] += weight * mean[i];
      squares -= count * mean[i] * mean[i];
    }
    return weight * weight * Math.max(0, squares) / (count * (count - 1.0));
  }

  /** The extrapolation of a vector measured along the chains. */
  SampledVector vector(Function<SamplingChain, BatchMeans> measured) {
    SampledVector atS = SampledVector.ofChains(large.stream().map(measured).toList());
    return small.isEmpty()
        ? atS
        : atS.times(4.0 / 3)
            .plus(SampledVector.ofChains(small.stream().map(measured).toList()).times(-1.0 / 3));
  }

  /** The extrapolation of a scalar measured once per sweep. */
  Estimate scalar(Function<SamplingChain, MonteCarloSeries> measured) {
    SampleMean atS = mean(large, measured);
    SampleMean all =
        small.isEmpty() ? atS : atS.times(4.0 / 3).plus(mean(small, measured).times(-1.0 / 3));
    return all.estimate();
  }

  /**
   * Mean of a scalar over chains of one number of samples; without error if the series are too
   * short.
   */
  static SampleMean mean(
      List<SamplingChain> chains, Function<SamplingChain, MonteCarloSeries> measured) {
    return mean(chains.stream().map(measured).toList());
  }

  /** Mean of a scalar of both chains together. */
  static SampleMean mean(MonteCarloSeries series) {
    return mean(List.of(series));
  }

  private static SampleMean mean(List<MonteCarloSeries> series) {
    if (series.get(0).size() < 4) {
      double mean =
          series.stream().mapToDouble(MonteCarloSeries::mean).average().orElse(Double.NaN);
      return new SampleMean(mean, Double.NaN, 1, Double.NaN, Double.NaN);
    }
    return ParallelChains.of(series).sampleMean();
  }

  /** Chains at S samples. */
  List<SamplingChain> large() {
    return large;
  }

  /** Chains grouped by their number of samples: S, then S/4 if there are such chains. */
  List<List<SamplingChain>> groups() {
    return small.isEmpty() ? List.of(large) : Arrays.asList(large, small);
  }

  /** K. */
  int outputs() {
    return large.get(0).population().dual().columns();
  }

  /** Whether kernels were averaged; false in the dual form. */
  boolean hasKernels() {
    return kernels.length > 0;
  }

  /** g_l Phi^l at the saddle for l = 1 to L, P x P. */
  double[] kernel(int layer) {
    return kernels[layer - 1];
  }

  /** Standard error of {@link #kernel(int)} in Frobenius norm, from the spread between chains. */
  double kernelError(int layer) {
    return kernelErrors[layer - 1];
  }

  /** v at the saddle, P x K, computed at each call: its errors are many vectors of this length. */
  SampledVector dual() {
    return vector(SamplingChain::duals);
  }
}
