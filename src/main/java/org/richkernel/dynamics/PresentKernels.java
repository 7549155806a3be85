package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/** Measures the equal-time kernels x^T x / S of fields of S samples. */
final class PresentKernels {
  private static final String KERNEL = "kernel";

  private final Backend backend;
  private final int samples;
  private final int points;
  private final Matrix kernel; // M x M

  static void plan(MemoryPlan plan, int points) {
    plan.add(KERNEL, Precision.FLOAT64, points, points);
  }

  PresentKernels(Backend backend, Workspace memory, int samples) {
    this.backend = backend;
    this.samples = samples;
    kernel = memory.get(KERNEL);
    points = kernel.rows();
  }

  /**
   * The kernel of each layer.
   *
   * @param fields S x M each, l = 1 .. L; the first is not used
   * @param order index of each column in the order of the problem
   * @return row-major M x M in the order of the problem
   */
  List<double[]> of(Matrix[] fields, int[] order) {
    List<double[]> kernels = new ArrayList<>();
    for (int l = 1; l < fields.length; l++) {
      kernels.add(of(fields[l], order));
    }
    return kernels;
  }

  private double[] of(Matrix x, int[] order) {
    backend.gram(1.0 / samples, x, 0, kernel);
    double[] ordered = new double[points * points];
    backend.download(kernel, ordered);
    double[] values = new double[ordered.length];
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        values[order[i] * points + order[j]] = ordered[i * points + j];
      }
    }
    return values;
  }

  /** Adds a share of the kernels of one output to the mean over all. */
  static void addShare(List<double[]> one, int outputs, List<double[]> mean) {
    for (int l = 0; l < mean.size(); l++) {
      double[] sum = mean.get(l);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += one.get(l)[i] / outputs;
      }
    }
  }
}
