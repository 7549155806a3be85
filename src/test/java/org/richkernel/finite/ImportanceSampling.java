package org.richkernel.finite;

import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

/** Posterior means of a small network from draws of its prior weighted by the evidence. */
final class ImportanceSampling {
  private static final int BATCHES = 20;

  final double[][] kernels;
  final double[][] kernelErrors;
  final double[] train;
  final double[] trainErrors;
  final double[] test;
  final double[] testErrors;

  private ImportanceSampling(double[][] batchMeans, int layers, int points, int train, int test) {
    double[] mean = new double[batchMeans[0].length];
    double[] error = new double[mean.length];
    for (int i = 0; i < mean.length; i++) {
      for (double[] batch : batchMeans) {
        mean[i] += batch[i] / BATCHES;
      }
      for (double[] batch : batchMeans) {
        error[i] += Math.pow(batch[i] - mean[i], 2) / (BATCHES * (BATCHES - 1.0));
      }
      error[i] = Math.sqrt(error[i]);
    }
    kernels = new double[layers][];
    kernelErrors = new double[layers][];
    int square = points * points;
    for (int l = 0; l < layers; l++) {
      kernels[l] = java.util.Arrays.copyOfRange(mean, l * square, (l + 1) * square);
      kernelErrors[l] = java.util.Arrays.copyOfRange(error, l * square, (l + 1) * square);
    }
    int first = layers * square;
    this.train = java.util.Arrays.copyOfRange(mean, first, first + train);
    trainErrors = java.util.Arrays.copyOfRange(error, first, first + train);
    this.test = java.util.Arrays.copyOfRange(mean, first + train, first + train + test);
    testErrors = java.util.Arrays.copyOfRange(error, first + train, first + train + test);
  }

  static ImportanceSampling of(
      NetworkSpec network,
      int width,
      double gamma,
      double beta,
      Inputs x,
      Targets y,
      Inputs xTest,
      int draws,
      long seed) {
    int p = x.rows();
    int all = p + xTest.rows();
    int k = y.outputs();
    int layers = network.hiddenLayers();
    double[] inputs = java.util.Arrays.copyOf(x.toArray(), all * x.dimension());
    System.arraycopy(xTest.toArray(), 0, inputs, p * x.dimension(), xTest.rows() * x.dimension());
    SmallNetwork small =
        new SmallNetwork(network, width, SmallNetwork.inputs(network, inputs, all, x.dimension()));
    RealMatrix targets = new Array2DRowRealMatrix(p, k);
    for (int i = 0; i < p * k; i++) {
      targets.setEntry(i / k, i % k, y.toArray()[i]);
    }
    Random random = new Random(seed);
    double g = network.weightVariance(layers);
    int size = layers * p * p + all * k;
    double[][] sums = new double[BATCHES][size];
    double[] totals = new double[BATCHES];
    for (int d = 0; d < draws; d++) {
      double[][][] weights = new double[layers][width][];
      for (int l = 0; l < layers; l++) {
        for (int n = 0; n < width; n++) {
          weights[l][n] = new double[small.fanIn(l)];
          for (int i = 0; i < weights[l][n].length; i++) {
            weights[l][n][i] = random.nextGaussian();
          }
        }
      }
      double[][][] phi = small.features(weights);
      double[] top = small.kernel(phi[layers - 1]);
      RealMatrix kernel = new Array2DRowRealMatrix(all, all);
      for (int i = 0; i < top.length; i++) {
        kernel.setEntry(i / all, i % all, g * top[i]);
      }
      RealMatrix a = kernel.getSubMatrix(0, p - 1, 0, p - 1);
      for (int i = 0; i < p; i++) {
        a.addToEntry(i, i, 1 / beta);
      }
      LUDecomposition factor = new LUDecomposition(a);
      RealMatrix v = factor.getSolver().solve(targets);
      double weight =
          Math.exp(-0.5 * width * gamma * gamma * targets.transpose().multiply(v).getTrace())
              * Math.pow(factor.getDeterminant(), -0.5 * k);
      RealMatrix f = kernel.getSubMatrix(0, all - 1, 0, p - 1).multiply(v);
      int batch = d % BATCHES;
      totals[batch] += weight;
      int at = 0;
      for (int l = 0; l < layers; l++) {
        double[] phiKernel = small.kernel(phi[l]);
        for (int i = 0; i < p; i++) {
          for (int j = 0; j < p; j++) {
            sums[batch][at++] += weight * phiKernel[i * all + j];
          }
        }
      }
      for (int i = 0; i < all; i++) {
        for (int o = 0; o < k; o++) {
          sums[batch][at++] += weight * f.getEntry(i, o);
        }
      }
    }
    for (int b = 0; b < BATCHES; b++) {
      for (int i = 0; i < size; i++) {
        sums[b][i] /= totals[b];
      }
    }
    return new ImportanceSampling(sums, layers, p, p * k, xTest.rows() * k);
  }
}
