package org.richkernel.finite;

import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Targets;

/** Training loss of a point, whose mean or sum over points gradient descent lowers. */
public enum Criterion {
  /** |y - f|^2 / 2 over the outputs. */
  SQUARED {
    @Override
    void pulls(double[] y, double[] f, int outputs, double scale, double[] pulls) {
      for (int i = 0; i < f.length; i++) {
        pulls[i] = scale * (y[i] - f[i]);
      }
    }

    @Override
    public double loss(double[] y, double[] f, int outputs) {
      double sum = 0;
      for (int i = 0; i < f.length; i++) {
        sum += (y[i] - f[i]) * (y[i] - f[i]);
      }
      return sum / f.length;
    }

    @Override
    void check(Targets targets) {
      // all targets are valid
    }
  },
  /**
   * -sum_k y_k ln softmax_k(f), for targets that are 1 for the class of the point and 0 otherwise.
   */
  CROSS_ENTROPY {
    @Override
    void pulls(double[] y, double[] f, int outputs, double scale, double[] pulls) {
      for (int i = 0; i < f.length; i += outputs) {
        double log = logSum(f, i, outputs);
        for (int k = i; k < i + outputs; k++) {
          pulls[k] = scale * (y[k] - Math.exp(f[k] - log));
        }
      }
    }

    @Override
    public double loss(double[] y, double[] f, int outputs) {
      double sum = 0;
      for (int i = 0; i < f.length; i += outputs) {
        double log = logSum(f, i, outputs);
        for (int k = i; k < i + outputs; k++) {
          sum += y[k] * (log - f[k]);
        }
      }
      return sum * outputs / f.length;
    }

    @Override
    void check(Targets targets) {
      for (int i = 0; i < targets.rows(); i++) {
        double sum = 0;
        for (int k = 0; k < targets.outputs(); k++) {
          double y = targets.at(i, k);
          sum += y == 0 || y == 1 ? y : Double.NaN;
        }
        if (targets.outputs() < 2 || sum != 1) {
          throw new InvalidProblemException(
              "criterion", "cross-entropy", "it needs one output for each class; add --one-hot");
        }
      }
    }
  };

  /** ln sum_k exp f_k of the outputs of a point. */
  private static double logSum(double[] f, int first, int outputs) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int k = first; k < first + outputs; k++) {
      largest = Math.max(largest, f[k]);
    }
    double sum = 0;
    for (int k = first; k < first + outputs; k++) {
      sum += Math.exp(f[k] - largest);
    }
    return largest + Math.log(sum);
  }

  /**
   * Minus the derivative with respect to the outputs.
   *
   * @param y targets, row-major points x outputs
   * @param f outputs
   * @param scale factor of every derivative
   * @param pulls receives the result
   */
  abstract void pulls(double[] y, double[] f, int outputs, double scale, double[] pulls);

  /** Squared error, averaged over points and outputs, or cross-entropy, averaged over points. */
  public abstract double loss(double[] y, double[] f, int outputs);

  /**
   * Refuses targets that do not suit the criterion.
   *
   * @throws InvalidProblemException for a cross-entropy whose targets are not one-hot classes
   */
  abstract void check(Targets targets);
}
