package org.richkernel.lazy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.StopSignal;

/**
 * The kernel of an infinitely wide network at initialisation, as plain arrays.
 *
 * <p>With Phi^0 = X X^T / D: Sigma^{l+1} = g_l Phi^l + g_b, Phi^l = E[phi(u) phi(v)] over (u, v) ~
 * N(0, Sigma^l) (Lee et al. 2018, arXiv:1711.00165, eq. 5), and for the tangent kernel Theta^1 =
 * Sigma^1, Theta^{l+1} = Sigma^{l+1} + g_l Theta^l o Phidot^l (Jacot et al. 2018, arXiv:1806.07572,
 * theorem 1; all weights and biases trained). The readout has weight variance g_L and no bias. With
 * unit weight variances and no biases the tangent kernel is sum_{l=0}^{L} G^{l+1} o Phi^l.
 *
 * <p>ReLU, erf and linear networks are exact; tanh is a Hermite series whose left-out mass is below
 * 1e-12 of the whole in every layer, or, at variances above 64, a mixture of arc-sine kernels of a
 * relative error below 1e-12.
 */
public final class LazyKernel {
  private final NetworkSpec network;
  private final KernelKind kind;

  /** The NNGP or the tangent kernel of a network. */
  public LazyKernel(NetworkSpec network, KernelKind kind) {
    this.network = network;
    this.kind = kind;
  }

  /**
   * The kernel among P points.
   *
   * @throws InvalidProblemException if a kernel overflows; the message names the layer
   * @throws OutOfDeviceMemoryException if the memory does not suffice
   */
  public LazyGram gram(Backend backend, Inputs inputs) {
    if (inputs.rows() > LazyProblem.MAX_TRAINING_POINTS) {
      throw new InvalidProblemException(
          "points", inputs.rows(), "use at most " + LazyProblem.MAX_TRAINING_POINTS);
    }
    return gram(backend, inputs, Optional.empty(), StopSignal.never());
  }

  /**
   * The same with sums over sites.
   *
   * @param sums want the kernels of equal sites; for flattened networks alone
   * @param stop leaves by an InterruptedRunException
   */
  LazyGram gram(Backend backend, Inputs inputs, Optional<SiteSums> sums, StopSignal stop) {
    KernelRecursion recursion = KernelRecursion.of(network, kind, inputs, none(inputs));
    recursion.obey(stop);
    MemoryPlan plan = plan(recursion, inputs);
    plan.requireFits(backend, "lower the number of points");
    try (Workspace workspace = new Workspace(backend, plan)) {
      recursion.uploadPoints(backend, workspace);
      LazyGram.Collector collector = new LazyGram.Collector(backend, inputs.rows(), sums);
      Matrix readout = recursion.trainTrain(backend, workspace, collector);
      return collector.finish(readout, recursion.truncation());
    }
  }

  /** Peak memory of {@link #gram}. */
  public MemoryPlan plan(Inputs inputs) {
    return plan(KernelRecursion.of(network, kind, inputs, none(inputs)), inputs);
  }

  private MemoryPlan plan(KernelRecursion recursion, Inputs inputs) {
    MemoryPlan plan = new MemoryPlan();
    recursion.planPoints(plan);
    recursion.planTrainTrain(plan);
    return plan.addHost(LazyGram.bytes(inputs.rows(), network.hiddenLayers()));
  }

  /**
   * The expectations of every hidden layer among P points, for any kind of the kernel.
   *
   * @throws InvalidProblemException as for {@link #gram}
   * @throws OutOfDeviceMemoryException if the memory does not suffice
   */
  public LazyLayers layers(Backend backend, Inputs inputs) {
    DenseRecursion recursion = byLayers(inputs);
    int points = inputs.rows();
    MemoryPlan plan = layersPlan(recursion, inputs);
    plan.requireFits(backend, "lower the number of points");
    List<double[]> features = new ArrayList<>();
    List<double[]> slopes = new ArrayList<>();
    try (Workspace workspace = new Workspace(backend, plan)) {
      recursion.uploadPoints(backend, workspace);
      recursion.trainTrain(
          backend,
          workspace,
          (layer, feature, slope) -> {
            features.add(new double[Math.multiplyExact(points, points)]);
            slopes.add(new double[points * points]);
            backend.download(feature, features.get(layer - 1));
            backend.download(slope, slopes.get(layer - 1));
          });
    }
    return new LazyLayers(features, slopes);
  }

  /** Peak memory of {@link #layers}. */
  public MemoryPlan layersPlan(Inputs inputs) {
    return layersPlan(byLayers(inputs), inputs);
  }

  private MemoryPlan layersPlan(DenseRecursion recursion, Inputs inputs) {
    MemoryPlan plan = new MemoryPlan();
    recursion.planPoints(plan);
    recursion.planTrainTrain(plan);
    return plan.addHost(LazyLayers.bytes(inputs.rows(), network.hiddenLayers()));
  }

  private DenseRecursion byLayers(Inputs inputs) {
    network.requireDense("this kernel by layers", "take the kernel of all of them");
    return new DenseRecursion(network, KernelKind.NNGP, inputs, none(inputs));
  }

  /**
   * The kernel between Q row points and P column points.
   *
   * @return Q x P, row-major
   * @throws InvalidProblemException as for {@link #gram}
   * @throws OutOfDeviceMemoryException if the memory does not suffice
   */
  public double[] cross(Backend backend, Inputs rows, Inputs columns) {
    KernelRecursion recursion = KernelRecursion.of(network, kind, columns, rows);
    int panel = PanelSize.of(backend, columns, rows.rows());
    MemoryPlan plan = new MemoryPlan();
    recursion.planPoints(plan);
    recursion.planPanel(plan, panel);
    plan.addHost(8L * rows.rows() * columns.rows() + 8L * panel * columns.rows());
    plan.requireFits(backend, "lower the number of points");
    double[] all = new double[Math.multiplyExact(rows.rows(), columns.rows())];
    try (Workspace workspace = new Workspace(backend, plan)) {
      recursion.uploadPoints(backend, workspace);
      for (int first = 0; first < rows.rows(); first += panel) {
        int count = Math.min(panel, rows.rows() - first);
        int offset = first * columns.rows();
        recursion.panelTrain(
            backend,
            workspace,
            first,
            count,
            kernel -> {
              double[] block = new double[kernel.rows() * kernel.columns()];
              backend.download(kernel, block);
              System.arraycopy(block, 0, all, offset, block.length);
            });
      }
    }
    return all;
  }

  /** k(x, x) at every point. */
  public double[] diagonal(Inputs inputs) {
    return KernelDiagonals.of(network, inputs).readout(kind);
  }

  private static Inputs none(Inputs like) {
    return like.none();
  }
}
