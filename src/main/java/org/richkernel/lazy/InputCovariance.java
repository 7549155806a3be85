package org.richkernel.lazy;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;

/**
 * The covariance of the first layer's preactivations at initialisation, in float64. Inputs go to
 * the device in panels of columns, so that wide ones take no room there.
 */
public final class InputCovariance {
  private static final int PANEL = 1024;

  private InputCovariance() {}

  /** Peak memory of {@link #of}. */
  public static MemoryPlan plan(int points, int dimension) {
    return new MemoryPlan()
        .add("input panel", Precision.FLOAT64, points, Math.min(PANEL, dimension))
        .add("input covariance", Precision.FLOAT64, points, points)
        .addHost(8L * points * Math.min(PANEL, dimension));
  }

  /**
   * g_0 X X^T / D + g_b, row-major P x P.
   *
   * @param x inputs, row-major P x D
   * @throws org.richkernel.compute.OutOfDeviceMemoryException if the memory does not suffice
   */
  public static double[] of(
      Backend backend, NetworkSpec network, double[] x, int points, int dimension) {
    double[] covariance = new double[Math.multiplyExact(points, points)];
    int most = Math.min(PANEL, dimension);
    double scale = network.weightVariance(0) / dimension;
    try (Workspace memory = new Workspace(backend, plan(points, dimension))) {
      Matrix panel = memory.get("input panel");
      Matrix product = memory.get("input covariance");
      for (int first = 0; first < dimension; first += most) {
        int count = Math.min(most, dimension - first);
        double[] columns = new double[points * count];
        for (int i = 0; i < points; i++) {
          System.arraycopy(x, i * dimension + first, columns, i * count, count);
        }
        Matrix inputs = panel.view(0, points, 0, count);
        backend.upload(columns, inputs);
        backend.syrk(Transpose.NO, scale, inputs, first == 0 ? 0 : 1, product);
      }
      backend.download(product, covariance);
    }
    double bias = network.biasVariance();
    for (int i = 0; i < covariance.length && bias != 0; i++) {
      covariance[i] += bias;
    }
    return covariance;
  }
}
