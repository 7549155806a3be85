package org.richkernel.dynamics;

import java.util.List;

/**
 * Two-time kernels of the training points between all reached times, of one population: Phi^l(t, s)
 * and G^l(t, s), l = 1 .. L, in float32.
 *
 * @param side P times the number of times; row (and column) t P + mu is point mu at time t
 * @param feature Phi^1 to Phi^L, each row-major side x side
 * @param gradient G^1 to G^L, each row-major side x side; with several outputs, or outside a batch,
 *     along the direction of the error of each point (see {@link CausalSolver})
 */
public record KernelHistory(int side, List<float[]> feature, List<float[]> gradient) {
  public KernelHistory {
    feature = List.copyOf(feature);
    gradient = List.copyOf(gradient);
  }
}
