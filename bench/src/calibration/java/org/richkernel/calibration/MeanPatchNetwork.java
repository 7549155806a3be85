package org.richkernel.calibration;

import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;
import org.richkernel.network.Convolutions;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.SiteReadout;

/**
 * A linear convolution of 3 x 3 whose sites are averaged, on six images of 4 x 4 with two channels:
 * a network of the mean patch alone, with kernel C of the mean patches, whose posterior mean at
 * width N is an integral over one scale q (arXiv:2502.03210),
 *
 * <pre>  p(q | y) ~ q^{N/2-1} e^{-N q / 2} prod_i (q lambda_i + kappa)^{-1/2}
 *               exp(-chi/2 sum_i z_i^2 / (q lambda_i + kappa)),   &lt;v&gt; = U E[z / (q lambda + kappa)],
 *   &lt;f(x)&gt; = C(x, X) U E[q z / (q lambda + kappa)].</pre>
 */
public final class MeanPatchNetwork {
  /** Four training images. */
  public static final int TRAIN = 4;

  /** Two test images. */
  public static final int TEST = 2;

  private static final int CHANNELS = 2;
  private static final int SIDE = 4;

  private MeanPatchNetwork() {}

  /** The layer. */
  public static Convolutions convolution() {
    return Convolutions.parse("3x3").withReadout(SiteReadout.GAP);
  }

  /** Targets of the training images. */
  public static double[] targets() {
    return new double[] {1, -1, 1, -1};
  }

  /** x_{mu,c,i,j} = cos(1 + mu + (mu + 1)(3 i + 5 j + 7 c)). */
  private static double pixel(int mu, int c, int i, int j) {
    return Math.cos(1 + mu + (mu + 1) * (3 * i + 5 * j + 7 * c));
  }

  /** Images from one on. */
  public static Inputs images(int first, int count) {
    int dimension = SIDE * SIDE * CHANNELS;
    double[] x = new double[count * dimension];
    for (int n = 0; n < x.length; n++) {
      int site = n / CHANNELS % (SIDE * SIDE);
      x[n] = pixel(first + n / dimension, n % CHANNELS, site / SIDE, site % SIDE);
    }
    return Inputs.of(x, count, dimension).withShape(new ImageShape(SIDE, SIDE, CHANNELS));
  }

  /** C between all images: what a 3 x 3 kernel with zeros beyond the edges sees on average. */
  public static RealMatrix kernel() {
    RealMatrix means = new Array2DRowRealMatrix(TRAIN + TEST, 9 * CHANNELS);
    double scale = 1 / (SIDE * SIDE * Math.sqrt(9 * CHANNELS));
    for (int mu = 0; mu < TRAIN + TEST; mu++) {
      for (int d = 0; d < 9; d++) {
        for (int i = Math.max(0, d / 3 - 1); i < SIDE + Math.min(0, d / 3 - 1); i++) {
          for (int j = Math.max(0, d % 3 - 1); j < SIDE + Math.min(0, d % 3 - 1); j++) {
            for (int c = 0; c < CHANNELS; c++) {
              means.addToEntry(mu, d * CHANNELS + c, scale * pixel(mu, c, i, j));
            }
          }
        }
      }
    }
    return means.multiply(means.transpose());
  }

  /**
   * Posterior means.
   *
   * @param dual v, at the training images
   * @param test f at the test images
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Means(double[] dual, double[] test) {
    /** y.v. */
    public double dualFit() {
      return new ArrayRealVector(dual).dotProduct(new ArrayRealVector(targets()));
    }

    /** y - kappa v. */
    public double[] train(double kappa) {
      return new ArrayRealVector(targets())
          .subtract(new ArrayRealVector(dual).mapMultiply(kappa))
          .toArray();
    }
  }

  /** The exact posterior at width N. */
  public static Means posterior(int width, double chi, double kappa) {
    RealMatrix all = kernel();
    RealMatrix c = all.getSubMatrix(0, TRAIN - 1, 0, TRAIN - 1);
    EigenDecomposition modes = new EigenDecomposition(c);
    RealVector z = modes.getVT().operate(new ArrayRealVector(targets()));
    double[] dual = new double[TRAIN]; // E[z / d] and E[q z / d], unnormalized
    double[] scaled = new double[TRAIN];
    double total = 0;
    double shift = Double.NEGATIVE_INFINITY;
    for (double t = -8; t <= 8; t += 1e-3) {
      double q = Math.exp(t);
      double log = 0.5 * width * (t - q);
      for (int i = 0; i < TRAIN; i++) {
        double d = q * modes.getRealEigenvalue(i) + kappa;
        log -= 0.5 * Math.log(d) + 0.5 * chi * z.getEntry(i) * z.getEntry(i) / d;
      }
      if (log > shift) {
        double smaller = Math.exp(shift - log);
        total *= smaller;
        for (int i = 0; i < TRAIN; i++) {
          dual[i] *= smaller;
          scaled[i] *= smaller;
        }
        shift = log;
      }
      double weight = Math.exp(log - shift);
      total += weight;
      for (int i = 0; i < TRAIN; i++) {
        double part = weight * z.getEntry(i) / (q * modes.getRealEigenvalue(i) + kappa);
        dual[i] += part;
        scaled[i] += q * part;
      }
    }
    RealMatrix cross = all.getSubMatrix(TRAIN, TRAIN + TEST - 1, 0, TRAIN - 1);
    RealVector v = modes.getV().operate(new ArrayRealVector(dual).mapDivide(total));
    RealVector a = modes.getV().operate(new ArrayRealVector(scaled).mapDivide(total));
    return new Means(v.toArray(), cross.operate(a).toArray());
  }
}
