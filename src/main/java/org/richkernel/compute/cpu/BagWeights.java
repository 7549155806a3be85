package org.richkernel.compute.cpu;

import org.richkernel.compute.WordBags;

/**
 * The scalars by which a position of bags of words moves rows, from its inner products. A target
 * that was drawn K times leaves B = keep B + add h and e the sum of pull B and of rest h, with
 *
 * <pre>
 * g_k = rate (label - sigmoid(d_k)), d_{k+1} = rho d_k + g_k |h|^2
 * </pre>
 */
final class BagWeights {
  /** Inner products beyond this count as a sigmoid of 0 or 1. */
  private static final double SATURATION = 12;

  private final int stride;
  private final double[] keep;
  private final double[] add;
  private final double[] pull;
  private final double[] rest;

  /** Room for so many positions with so many targets each. */
  BagWeights(int positions, int targets) {
    stride = targets;
    keep = new double[positions * targets];
    add = new double[positions * targets];
    pull = new double[positions * targets];
    rest = new double[positions];
  }

  /** Whether it has this room. */
  boolean holds(int positions, int targets) {
    return rest.length >= positions && stride == targets;
  }

  float keep(int slot, int target) {
    return (float) keep[slot * stride + target];
  }

  float add(int slot, int target) {
    return (float) add[slot * stride + target];
  }

  float pull(int slot, int target) {
    return (float) pull[slot * stride + target];
  }

  float rest(int slot) {
    return (float) rest[slot];
  }

  /**
   * Takes the products of a position.
   *
   * @param slot where to put its scalars
   * @param decay lambda
   * @param products h.B_t of its targets, and |h|^2 behind the last of the widest position
   */
  void set(WordBags bags, int position, int slot, double decay, double[] products) {
    double rate = bags.rate(position);
    double rho = 1 - rate * decay;
    double square = products[stride];
    double left = 0;
    for (int t = 0; t < bags.targets(position); t++) {
      double label = t == 0 ? 1 : 0;
      double d = products[t];
      double power = 1;
      double sum = 0;
      double pulled = 0;
      for (int k = 0; k < bags.targetCount(position, t); k++) {
        double g = rate * (label - sigmoid(d));
        pulled += g * power;
        left += g * sum;
        sum = rho * sum + g;
        power *= rho;
        d = rho * d + g * square;
      }
      keep[slot * stride + t] = power;
      add[slot * stride + t] = sum;
      pull[slot * stride + t] = pulled;
    }
    rest[slot] = left;
  }

  /** -sum ln sigmoid(+-d) over the draws of a position, from the scalars that were set. */
  double loss(WordBags bags, int position, double decay, double[] products) {
    double rate = bags.rate(position);
    double rho = 1 - rate * decay;
    double square = products[stride];
    double loss = 0;
    for (int t = 0; t < bags.targets(position); t++) {
      double label = t == 0 ? 1 : 0;
      double d = products[t];
      for (int k = 0; k < bags.targetCount(position, t); k++) {
        loss += softplus(t == 0 ? -d : d);
        d = rho * d + rate * (label - sigmoid(d)) * square;
      }
    }
    return loss;
  }

  private static double sigmoid(double d) {
    if (d > SATURATION) {
      return 1;
    }
    return d < -SATURATION ? 0 : 1 / (1 + StrictMath.exp(-d));
  }

  /** ln(1 + e^d). */
  private static double softplus(double d) {
    return Math.max(d, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(d)));
  }
}
