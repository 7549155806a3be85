package org.richkernel.lazy;

import java.util.List;

/**
 * Expectations over the Gaussian preactivations of each hidden layer at initialisation, from which
 * kernels of any kind are put together.
 *
 * @param feature Phi^l = E[phi(u) phi(v)], l = 1..L, each P x P, row-major
 * @param slope E[phi'(u) phi'(v)], l = 1..L, each P x P, row-major
 */
public record LazyLayers(List<double[]> feature, List<double[]> slope) {
  public LazyLayers {
    feature = List.copyOf(feature);
    slope = List.copyOf(slope);
  }

  /** Bytes that the kernels of so many points take. */
  public static long bytes(int points, int layers) {
    return 16L * points * points * layers;
  }
}
