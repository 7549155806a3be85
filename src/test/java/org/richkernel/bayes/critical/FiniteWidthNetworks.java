package org.richkernel.bayes.critical;

import java.util.Arrays;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;

/**
 * The posterior of networks of finite width by drawing whole networks from the prior and weighing
 * each by the likelihood of its readout kernel: exact, for few points.
 */
final class FiniteWidthNetworks {
  /** Neurons that pass the activation together. */
  private static final int ROWS = 50_000;

  private final FiniteWidthProblem problem;
  private final int points;
  private final int perBlock;
  private final double[][] blockSum;
  private final double[][] blockPrior;
  private final double[] blockWeight;

  FiniteWidthNetworks(
      Backend backend, FiniteWidthProblem problem, int draws, int blocks, long seed) {
    this.problem = problem;
    points = problem.points();
    perBlock = draws / blocks;
    blockSum = new double[blocks][points * points];
    blockPrior = new double[blocks][points * points];
    blockWeight = new double[blocks];
    int batch = Math.max(1, Math.min(perBlock, ROWS / problem.width()));
    try (Matrix fields =
        backend.allocate(Precision.FLOAT32, batch * problem.width(), points, "fields")) {
      long stream = 0;
      for (int b = 0; b < blocks; b++) {
        for (int done = 0; done < perBlock; done += batch) {
          double[][] c = new double[Math.min(batch, perBlock - done)][];
          Arrays.fill(c, problem.inputCovariance());
          for (int l = 1; l <= problem.layers(); l++) {
            backend.fillGaussian(seed, stream++, 0, fields);
            ascend(backend, fields, c, l);
          }
          for (double[] readout : c) {
            weigh(square(readout), b);
          }
        }
      }
    }
  }

  private void weigh(RealMatrix c, int block) {
    RealVector y = new ArrayRealVector(problem.targets().toArray());
    CholeskyDecomposition readout =
        new CholeskyDecomposition(
            c.add(MatrixUtils.createRealIdentityMatrix(points).scalarMultiply(problem.kappa())));
    RealVector v = readout.getSolver().solve(y);
    double logWeight =
        -0.5 * problem.chi() * y.dotProduct(v) - 0.5 * Math.log(readout.getDeterminant());
    double weight = Math.exp(logWeight);
    blockWeight[block] += weight;
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        double value = c.getEntry(i, j);
        blockSum[block][i * points + j] += weight * value;
        blockPrior[block][i * points + j] += value;
      }
    }
  }

  /** bias + g phi^T phi / N of N rows drawn from N(0, c), for every network in place. */
  private void ascend(Backend backend, Matrix fields, double[][] c, int layer) {
    int width = problem.width();
    float[] h = new float[fields.rows() * points];
    backend.download(fields, h);
    double[][] factor = new double[0][];
    for (int network = 0; network < c.length; network++) {
      if (network == 0 || c[network] != c[network - 1]) {
        factor = new CholeskyDecomposition(square(c[network]), 1e-10, 1e-14).getL().getData();
      }
      for (int row = network * width; row < (network + 1) * width; row++) {
        // from the last point on, as each needs the normals before it
        for (int i = points - 1; i >= 0; i--) {
          double sum = 0;
          for (int j = 0; j <= i; j++) {
            sum += factor[i][j] * h[row * points + j];
          }
          h[row * points + i] = (float) sum;
        }
      }
    }
    backend.upload(h, fields);
    backend.activate(problem.activation(), fields, fields);
    backend.download(fields, h);
    for (int network = 0; network < c.length; network++) {
      double[] gram = new double[points * points];
      for (int row = network * width; row < (network + 1) * width; row++) {
        for (int i = 0; i < points; i++) {
          double own = h[row * points + i];
          for (int j = 0; j <= i; j++) {
            gram[i * points + j] += own * h[row * points + j];
          }
        }
      }
      for (int i = 0; i < points; i++) {
        for (int j = 0; j <= i; j++) {
          gram[i * points + j] /= width;
          gram[j * points + i] = gram[i * points + j];
        }
      }
      c[network] = problem.covariance(layer, gram);
    }
  }

  private RealMatrix square(double[] values) {
    RealMatrix m = new Array2DRowRealMatrix(points, points);
    for (int i = 0; i < values.length; i++) {
      m.setEntry(i / points, i % points, values[i]);
    }
    return m;
  }

  /** Posterior minus prior mean of C^L at this width. */
  double[] change() {
    return change(-1);
  }

  /** The same without one block. */
  private double[] change(int left) {
    double weight = 0;
    double[] mean = new double[points * points];
    double[] prior = new double[points * points];
    int blocks = 0;
    for (int b = 0; b < blockWeight.length; b++) {
      if (b != left) {
        blocks++;
        weight += blockWeight[b];
        for (int i = 0; i < mean.length; i++) {
          mean[i] += blockSum[b][i];
          prior[i] += blockPrior[b][i];
        }
      }
    }
    for (int i = 0; i < mean.length; i++) {
      mean[i] = mean[i] / weight - prior[i] / (blocks * (double) perBlock);
    }
    return mean;
  }

  /** Frobenius norm of the standard error of {@link #change()}, by the jackknife over blocks. */
  double changeError() {
    int blocks = blockWeight.length;
    double[] all = change();
    double sum = 0;
    for (int b = 0; b < blocks; b++) {
      double[] part = change(b);
      for (int i = 0; i < all.length; i++) {
        sum += (part[i] - all[i]) * (part[i] - all[i]) * (blocks - 1) / blocks;
      }
    }
    return Math.sqrt(sum);
  }
}
