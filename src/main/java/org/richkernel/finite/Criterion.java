package org.richkernel.finite;

import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Targets;

/** What training lowers, point by point. */
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
    double loss(double[] y, double[] f, int outputs) {
      double sum = 0;
      for (int i = 0; i < f.length; i++) {
        sum += (y[i] - f[i]) * (y[i] - f[i]);
      }
      return sum / f.length;
    }

    @Override
    void check(Targets targets) {
      // any numbers can be targets
    }
  },
  /** -sum_k y_k ln softmax_k(f), for targets that are 1 for the class of the point and 0 else. */
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
    double loss(double[] y, double[] f, int outputs) {
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
   * @param scale factor of each
   * @param pulls receives them
   */
  abstract void pulls(double[] y, double[] f, int outputs, double scale, double[] pulls);

  /** Mean over points: of the squared error of an output, or of the cross-entropy. */
  abstract double loss(double[] y, double[] f, int outputs);

  /**
   * Refuses targets that make no sense.
   *
   * @throws InvalidProblemException for cross-entropies of what are no classes
   */
  abstract void check(Targets targets);
}
