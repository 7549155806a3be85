package org.richkernel.metrics;

import java.util.Arrays;
import org.richkernel.network.Targets;

/**
 * Alignment of a kernel with that of the targets after subtraction of means: tr(A B) / (|A|_F
 * |B|_F) with A = H Phi H and B = H Y Y^T H, H = 1 - 1 1^T / P (Cortes, Mohri and Rostamizadeh
 * 2012, "Algorithms for learning kernels based on centered alignment", definition 4).
 */
public final class CentredAlignment {
  private CentredAlignment() {}

  /**
   * The alignment, between -1 and 1, and 0 where the kernel or the targets are constant.
   *
   * @param kernel P x P, row-major, symmetric
   * @param targets P x K
   */
  public static double of(double[] kernel, Targets targets) {
    int points = targets.rows();
    int outputs = targets.outputs();
    double[] y = centredColumns(targets);
    double[] means = rowMeans(kernel, points);
    double mean = Arrays.stream(means).average().orElse(0);
    double product = 0; // tr (C Y)^T K (C Y)
    double squares = 0; // |C K C|_F^2
    double[] image = new double[outputs];
    for (int i = 0; i < points; i++) {
      Arrays.fill(image, 0);
      for (int j = 0; j < points; j++) {
        double entry = kernel[i * points + j];
        double centred = entry - means[i] - means[j] + mean;
        squares += centred * centred;
        for (int k = 0; k < outputs; k++) {
          image[k] += centred * y[j * outputs + k];
        }
      }
      for (int k = 0; k < outputs; k++) {
        product += image[k] * y[i * outputs + k];
      }
    }
    double scale = Math.sqrt(squares * gramSquares(y, points, outputs));
    return scale == 0 ? 0 : product / scale;
  }

  /** C Y, row-major P x K. */
  private static double[] centredColumns(Targets targets) {
    int outputs = targets.outputs();
    double[] y = targets.toArray().clone();
    for (int k = 0; k < outputs; k++) {
      double mean = 0;
      for (int i = k; i < y.length; i += outputs) {
        mean += y[i] / targets.rows();
      }
      for (int i = k; i < y.length; i += outputs) {
        y[i] -= mean;
      }
    }
    return y;
  }

  private static double[] rowMeans(double[] kernel, int points) {
    double[] means = new double[points];
    for (int i = 0; i < kernel.length; i++) {
      means[i / points] += kernel[i] / points;
    }
    return means;
  }

  /** |Y Y^T|_F^2 = |Y^T Y|_F^2. */
  private static double gramSquares(double[] y, int points, int outputs) {
    double squares = 0;
    for (int k = 0; k < outputs; k++) {
      for (int l = 0; l < outputs; l++) {
        double entry = 0;
        for (int i = 0; i < points; i++) {
          entry += y[i * outputs + k] * y[i * outputs + l];
        }
        squares += entry * entry;
      }
    }
    return squares;
  }
}
