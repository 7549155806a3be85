package org.richkernel.bayes.critical;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;

/**
 * The posterior of networks of finite width by drawing whole networks from the prior and weighing
 * each by the likelihood of its readout kernel: exact, for few points.
 */
final class FiniteWidthNetworks {
  private final FiniteWidthProblem problem;
  private final RandomGenerator random;
  private final int points;
  private final double[] priorSum;
  private final double[][] blockSum;
  private final double[] blockWeight;
  private final double[][] blockPrior;
  private final double[] blockDual;
  private final int perBlock;

  FiniteWidthNetworks(FiniteWidthProblem problem, int draws, int blocks, long seed) {
    this.problem = problem;
    random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    points = problem.points();
    priorSum = new double[points * points];
    blockSum = new double[blocks][points * points];
    blockPrior = new double[blocks][points * points];
    blockWeight = new double[blocks];
    blockDual = new double[blocks];
    perBlock = draws / blocks;
    for (int b = 0; b < blocks; b++) {
      for (int s = 0; s < perBlock; s++) {
        draw(b);
      }
    }
  }

  private void draw(int block) {
    RealMatrix c = square(problem.inputCovariance());
    for (int l = 1; l <= problem.layers(); l++) {
      c = nextCovariance(c, l);
    }
    RealVector y = new ArrayRealVector(problem.targets().toArray());
    CholeskyDecomposition readout =
        new CholeskyDecomposition(
            c.add(MatrixUtils.createRealIdentityMatrix(points).scalarMultiply(problem.kappa())));
    RealVector v = readout.getSolver().solve(y);
    double logWeight =
        -0.5 * problem.chi() * y.dotProduct(v) - 0.5 * Math.log(readout.getDeterminant());
    double weight = Math.exp(logWeight);
    blockWeight[block] += weight;
    blockDual[block] += weight * y.dotProduct(v);
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        double value = c.getEntry(i, j);
        blockSum[block][i * points + j] += weight * value;
        blockPrior[block][i * points + j] += value;
        priorSum[i * points + j] += value;
      }
    }
  }

  /** bias + g phi^T phi / N of N rows drawn from N(0, c). */
  private RealMatrix nextCovariance(RealMatrix c, int layer) {
    double[][] factor = new CholeskyDecomposition(c, 1e-10, 1e-14).getL().getData();
    double[] sum = new double[points * points];
    double[] phi = new double[points];
    double[] z = new double[points];
    for (int n = 0; n < problem.width(); n++) {
      for (int i = 0; i < points; i++) {
        z[i] = random.nextGaussian();
      }
      for (int i = 0; i < points; i++) {
        double h = 0;
        for (int j = 0; j <= i; j++) {
          h += factor[i][j] * z[j];
        }
        phi[i] = problem.activation().value(h);
      }
      for (int i = 0; i < points; i++) {
        for (int j = 0; j < points; j++) {
          sum[i * points + j] += phi[i] * phi[j] / problem.width();
        }
      }
    }
    return square(problem.covariance(layer, sum));
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

  /** Posterior mean of y . v. */
  double dualFit() {
    double weight = 0;
    double sum = 0;
    for (int b = 0; b < blockWeight.length; b++) {
      weight += blockWeight[b];
      sum += blockDual[b];
    }
    return sum / weight;
  }
}
