package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.richkernel.sampling.BatchMeans;
import org.richkernel.sampling.CountSketch;
import org.richkernel.sampling.SampledVector;

/**
 * Test that S and S/4 samples are enough for the extrapolation: the effective dimension must be
 * well below the number of features, and the extrapolated averages must obey the saddle equation,
 *
 * <pre>  r = Y - kappa &lt;v&gt; - &lt;g Phi&gt; &lt;v&gt;.</pre>
 *
 * <p>Y = (g Phi + kappa) v holds at every sweep by construction. At S samples r is the covariance
 * of kernel and dual vector, of order 1/S; after the extrapolation r is the remaining bias. With a
 * fixed u near &lt;v&gt;,
 *
 * <pre>  &lt;g Phi&gt; &lt;v&gt; = &lt;g Phi u&gt; + &lt;g Phi&gt; (&lt;v&gt; - u),</pre>
 *
 * where the first term is averaged over all sweeps. The second one is small and uses the mean
 * kernel of the chains at S: of all sweeps, or of the kept populations in the dual form, which
 * forms no kernel. By the same identity the noise of g Phi u and of v cancels in r to first order,
 * so batches of both together give its error. Only the norm of r is wanted, so a sketch of it is
 * enough.
 */
final class SampleSizeTest {
  private static final double AT_S = 4.0 / 3;
  private static final double AT_QUARTER = -1.0 / 3;

  /** Number of populations of each chain at S in the mean kernel. */
  private static final int MOST_KERNELS = 4;

  /** Applies a kernel to vectors, row-major P x K each. */
  @FunctionalInterface
  private interface Kernel {
    List<double[]> times(List<double[]> vectors);
  }

  private final MarginalPosterior posterior;
  private final double[] y;
  private final double kappa;
  private final CountSketch sketch;

  /**
   * @param posterior of the populations
   * @param y targets, row-major P x K
   */
  SampleSizeTest(MarginalPosterior posterior, double[] y, double kappa) {
    this.posterior = posterior;
    this.y = y;
    this.kappa = kappa;
    sketch = new CountSketch(y.length);
  }

  /**
   * Tests the averages so far.
   *
   * @param large chains at S
   * @param small chains at S/4
   * @param u row-major P x K; empty before the first measurement
   */
  Certificate.SampleSize of(SamplingChain[] large, SamplingChain[] small, double[] u) {
    double dimension = dimension(small);
    double dimensionAtS = dimension(large);
    int samples = large[0].samples();
    int features = posterior.readoutFeatures(samples / 4);
    if (u.length == 0 || large[0].readout().images().batches() < 2) {
      return new Certificate.SampleSize(
          Double.NaN, Double.NaN, dimension, dimensionAtS, samples, features);
    }
    Kernel kernel = meanKernel(large);
    // Y + K u - (<g Phi u> + kappa <v> + K <v>) with K the mean kernel
    double[] whole = kernel.times(List.of(u)).get(0);
    double size = 0;
    for (int i = 0; i < y.length; i++) {
      whole[i] += y[i];
      size += y[i] * y[i];
    }
    double[] wanted = sketch.of(whole);
    SampledVector found =
        mean(large, kernel).times(AT_S).plus(mean(small, kernel).times(AT_QUARTER));
    double square = 0;
    for (int i = 0; i < wanted.length; i++) {
      square += Math.pow(wanted[i] - found.value()[i], 2);
    }
    double residual = Math.sqrt(square / size);
    double squareError = wanted.length * found.lossError(wanted) / size;
    double error = Math.sqrt(square / size + squareError) - residual;
    return new Certificate.SampleSize(residual, error, dimension, dimensionAtS, samples, features);
  }

  /** Mean effective dimension of the populations of some chains. */
  private static double dimension(SamplingChain[] chains) {
    return Arrays.stream(chains)
        .mapToDouble(chain -> chain.readout().dimension().mean())
        .average()
        .orElse(Double.NaN);
  }

  private Kernel meanKernel(SamplingChain[] chains) {
    return posterior instanceof KernelProducts dual
        ? vectors -> products(dual, kept(chains), vectors)
        : vectors -> products(chains, vectors);
  }

  /** Average of the sketch of g Phi u + kappa v + K v over chains. */
  private SampledVector mean(SamplingChain[] chains, Kernel kernel) {
    List<BatchMeans> all = new ArrayList<>();
    for (SamplingChain chain : chains) {
      ReadoutAverages readout = chain.readout();
      BatchMeans ofDuals = readout.duals().map(sketch.to(), duals -> sketched(duals, kernel));
      all.add(ofDuals.plus(readout.images()));
    }
    return SampledVector.ofChains(all);
  }

  /** Sketches of kappa v + K v. */
  private List<double[]> sketched(List<double[]> duals, Kernel kernel) {
    List<double[]> images = kernel.times(duals);
    for (int b = 0; b < duals.size(); b++) {
      double[] image = images.get(b);
      for (int i = 0; i < image.length; i++) {
        image[i] += kappa * duals.get(b)[i];
      }
      images.set(b, sketch.of(image));
    }
    return images;
  }

  /** K u of some vectors, K averaged over all sweeps of the chains. */
  private static List<double[]> products(SamplingChain[] chains, List<double[]> vectors) {
    List<double[]> sums = new ArrayList<>();
    for (double[] vector : vectors) {
      double[] sum = new double[vector.length];
      for (SamplingChain chain : chains) {
        double[] image = chain.meanKernelImage(vector);
        for (int i = 0; i < sum.length; i++) {
          sum[i] += image[i] / chains.length;
        }
      }
      sums.add(sum);
    }
    return sums;
  }

  /** Fields of some kept populations. */
  private static List<float[]> kept(SamplingChain[] chains) {
    List<float[]> fields = new ArrayList<>();
    for (SamplingChain chain : chains) {
      List<SamplingChain.Snapshot> kept = chain.snapshots();
      for (int i = Math.max(0, kept.size() - MOST_KERNELS); i < kept.size(); i++) {
        fields.add(kept.get(i).xi());
      }
    }
    return fields;
  }

  /** K u of some vectors, K averaged over populations. */
  private static List<double[]> products(
      KernelProducts posterior, List<float[]> populations, List<double[]> vectors) {
    List<double[]> sums = new ArrayList<>();
    vectors.forEach(vector -> sums.add(new double[vector.length]));
    for (float[] fields : populations) {
      posterior.addKernelProducts(1.0 / populations.size(), fields, vectors, sums);
    }
    return sums;
  }
}
