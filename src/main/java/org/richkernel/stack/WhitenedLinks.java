package org.richkernel.stack;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;

/** Links of layers 2 to L by whitened fields: the covariance of each and the pull through it. */
final class WhitenedLinks {
  private final Backend backend;
  private final NetworkSpec network;
  private final Workspace memory;
  private final DoubleSupplier jitter;
  private final Matrix failures;
  private final List<LayerCovariance> covariances = new ArrayList<>();
  private final List<CholeskyAdjoint> adjoints = new ArrayList<>();

  /**
   * No layers yet.
   *
   * @param memory with the matrices of {@link #planJitters} and {@link #planFactor}
   * @param jitter relative to the mean diagonal of covariances
   * @param failures counter of failed factorizations, 1 x 1, float64
   */
  WhitenedLinks(
      Backend backend,
      NetworkSpec network,
      Workspace memory,
      DoubleSupplier jitter,
      Matrix failures) {
    this.backend = backend;
    this.network = network;
    this.memory = memory;
    this.jitter = jitter;
    this.failures = failures;
  }

  /** Adds the jitters of layers 2 to L to a plan. */
  static void planJitters(MemoryPlan plan, int layers) {
    plan.add("jitters", Precision.FLOAT64, 1, layers - 1);
  }

  /** Adds the factor of a covariance of n x n to a plan. */
  static void planFactor(MemoryPlan plan, int layer, int n) {
    plan.add("Cholesky factor of layer " + layer, Precision.FLOAT64, n, n)
        .add("F of layer " + layer, Precision.FLOAT32, n, n);
  }

  /**
   * Adds the next layer.
   *
   * @param map from the kernel of the layer below to its covariance, n x n
   * @param unit I, n x n
   * @param ones n x n of ones
   * @param adjoint of its factor
   */
  void add(KernelMap map, Matrix unit, Matrix ones, CholeskyAdjoint adjoint) {
    int layer = covariances.size() + 2;
    covariances.add(
        new LayerCovariance(
            backend,
            map,
            unit,
            ones,
            memory.get("Cholesky factor of layer " + layer),
            memory.get("F of layer " + layer),
            network.biasVariance()));
    adjoints.add(adjoint);
  }

  /**
   * The link into layer l.
   *
   * @param samples S
   * @param kernel receives g Phi of the layer below
   * @param scratch at least a panel of rows of the layer below, float32
   */
  Link link(
      int l,
      int samples,
      Matrix kernel,
      List<LayerFields> layers,
      MovingFields fields,
      Matrix scratch) {
    return new WhitenedLink(
        backend,
        network.weightVariance(l - 1) / samples,
        kernel,
        covariance(l),
        adjoints.get(l - 2),
        jitter,
        jitters().view(0, 1, l - 2, 1),
        failures,
        layers.get(l - 1).panels(),
        fields.position(l),
        fields.gradient(l),
        scratch);
  }

  /** The covariance of layer l at the last forward pass. */
  LayerCovariance covariance(int l) {
    return covariances.get(l - 2);
  }

  /** Jitters that were added to the covariances, 1 x (L - 1), float64. */
  Matrix jitters() {
    return memory.get("jitters");
  }
}
