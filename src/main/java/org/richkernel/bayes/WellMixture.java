package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;

/**
 * Proposal density of a jump between wells, over one neuron's whitened field:
 *
 * <pre>  q = (1/5) N(0, 1) + (4/5) sum_k pi_k N(m_k, 1.3 H_k^{-1})</pre>
 *
 * <p>with m_k the maxima of the neuron's density at a fixed dual vector, H_k the curvature there
 * and pi_k half the Laplace mass, half an equal share: before the chains have converged the masses
 * at their dual vector can be wrong by many orders of magnitude. With an odd activation the density
 * does not depend on the sign of a field, so every well has a mirror image, which is proposed
 * equally often.
 */
public final class WellMixture {
  /** Fraction of draws from the prior. */
  private static final double PRIOR = 0.2;

  /**
   * Variance of a proposal relative to that of the well, which has wider tails than its Gaussian.
   */
  private static final double WIDTH = 1.3;

  /**
   * Fraction of the draws from wells that follow the masses; the others visit all wells equally
   * often.
   */
  private static final double MASS = 0.5;

  private final int rank;
  private final int distinct;
  private final List<Component> components;

  /**
   * One Gaussian.
   *
   * @param mean m, of length r
   * @param root lower triangle L of the covariance L L^T, row-major r x r
   * @param weight share among the wells
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Component(double[] mean, double[] root, double weight) {}

  private WellMixture(int rank, int distinct, List<Component> components) {
    this.rank = rank;
    this.distinct = distinct;
    this.components = components;
  }

  /**
   * The proposal for some wells.
   *
   * @param rank r
   * @param wells maxima, one of each mirrored pair
   */
  static WellMixture of(int rank, List<WellSearch.Well> wells) {
    double top = wells.stream().mapToDouble(WellSearch.Well::logMass).max().orElse(0);
    double total = wells.stream().mapToDouble(w -> Math.exp(w.logMass() - top)).sum();
    List<Component> components = new ArrayList<>();
    for (WellSearch.Well well : wells) {
      double[] root = well.covarianceRoot();
      for (int i = 0; i < root.length; i++) {
        root[i] *= Math.sqrt(WIDTH);
      }
      double[] mirrored = well.maximum().clone();
      boolean central = true;
      for (int i = 0; i < rank; i++) {
        mirrored[i] = -mirrored[i];
        central &= mirrored[i] == 0;
      }
      double share = MASS * Math.exp(well.logMass() - top) / total + (1 - MASS) / wells.size();
      double weight = share / (central ? 1 : 2);
      components.add(new Component(well.maximum(), root, weight));
      if (!central) {
        components.add(new Component(mirrored, root, weight));
      }
    }
    return new WellMixture(rank, wells.size(), components);
  }

  /** Number of wells, mirror images counted once. */
  int wells() {
    return distinct;
  }

  /** Whether there is a well. */
  public boolean hasAny() {
    return distinct > 0;
  }

  /**
   * Turns standard normals into a draw.
   *
   * @param uniform in (0, 1], chooses the component
   * @param normals r numbers from {@code from} on, replaced by the draw
   */
  void draw(double uniform, float[] normals, int from) {
    double left = (uniform - PRIOR) / (1 - PRIOR);
    if (left <= 0) {
      return;
    }
    Component chosen = components.get(components.size() - 1);
    for (Component component : components) {
      left -= component.weight;
      if (left <= 0) {
        chosen = component;
        break;
      }
    }
    for (int i = rank - 1; i >= 0; i--) {
      double x = chosen.mean[i];
      for (int j = 0; j <= i; j++) {
        x += chosen.root[i * rank + j] * normals[from + j];
      }
      normals[from + i] = (float) x;
    }
  }

  /** ln q - ln N(0, 1) at the field of length r that begins at {@code from}. */
  double logRatioToPrior(float[] field, int from) {
    double square = 0;
    for (int i = 0; i < rank; i++) {
      square += (double) field[from + i] * field[from + i];
    }
    double sum = PRIOR;
    double[] z = new double[rank];
    for (Component component : components) {
      double exponent = 0.5 * square;
      double volume = 1;
      for (int i = 0; i < rank; i++) {
        double rest = field[from + i] - component.mean[i];
        for (int j = 0; j < i; j++) {
          rest -= component.root[i * rank + j] * z[j];
        }
        double diagonal = component.root[i * rank + i];
        z[i] = rest / diagonal;
        exponent -= 0.5 * z[i] * z[i];
        volume *= diagonal;
      }
      sum += (1 - PRIOR) * component.weight * Math.exp(exponent) / volume;
    }
    return Math.log(sum);
  }

  /** The mixture as numbers, for a checkpoint. */
  double[] state() {
    int length = rank + rank * rank + 1;
    double[] numbers = new double[2 + components.size() * length];
    numbers[0] = rank;
    numbers[1] = distinct;
    for (int c = 0; c < components.size(); c++) {
      Component component = components.get(c);
      int at = 2 + c * length;
      System.arraycopy(component.mean, 0, numbers, at, rank);
      System.arraycopy(component.root, 0, numbers, at + rank, rank * rank);
      numbers[at + length - 1] = component.weight;
    }
    return numbers;
  }

  /** Restores a saved mixture. */
  static WellMixture restored(double[] numbers) {
    int rank = (int) numbers[0];
    int length = rank + rank * rank + 1;
    List<Component> components = new ArrayList<>();
    for (int at = 2; at < numbers.length; at += length) {
      components.add(
          new Component(
              java.util.Arrays.copyOfRange(numbers, at, at + rank),
              java.util.Arrays.copyOfRange(numbers, at + rank, at + length - 1),
              numbers[at + length - 1]));
    }
    return new WellMixture(rank, (int) numbers[1], components);
  }
}
