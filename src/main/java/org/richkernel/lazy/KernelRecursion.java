package org.richkernel.lazy;

import java.util.Optional;
import java.util.function.Consumer;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.StopSignal;

/**
 * The recursion over layers, on the device, for the kernel among P training points and between
 * panels of other points and them.
 */
interface KernelRecursion {
  /** A P x P matrix that is free for other use after {@link #trainTrain}. */
  String SPARE = "train slope";

  /** Receives Phi^l, P x P, row-major, layer by layer; takes the array over. */
  @FunctionalInterface
  interface FeatureSink {
    void accept(int layer, double[] feature);

    /**
     * Receiver of the kernels of equal sites, in a recursion without kernels of other pairs of
     * sites.
     */
    default Optional<SiteSums> sites() {
      return Optional.empty();
    }
  }

  /** Receives Phi^l between a panel and the training points, which is overwritten afterwards. */
  @FunctionalInterface
  interface PanelSink {
    void accept(int layer, Matrix feature);
  }

  /**
   * The recursion of a network.
   *
   * @param others points of the panels; zero rows if there will be none
   */
  static KernelRecursion of(NetworkSpec network, KernelKind kind, Inputs train, Inputs others) {
    if (train.rows() == 0) {
      throw new InvalidProblemException("training points", 0, "give at least one");
    }
    if (others.dimension() != train.dimension()) {
      throw new InvalidProblemException(
          "dimension of the new inputs",
          others.dimension(),
          "it must be that of the training inputs, " + train.dimension());
    }
    return network.convolutions().isPresent()
        ? ConvolutionalRecursion.of(network, kind, train, others)
        : new DenseRecursion(network, kind, train, others);
  }

  /**
   * Asks a signal before every block of a kernel from here on; none is asked before.
   * InterruptedRunException leaves the kernel at the first block for which it is raised.
   */
  void obey(StopSignal stop);

  /** Number of points of the panels. */
  int otherPoints();

  /** The largest relative mass that a truncated activation series leaves out. */
  double truncation();

  /** By how much float64 rounds the entries of the readout kernel: 2^-53 of its mean diagonal. */
  double rounding();

  /** Adds the training inputs and their statistics, which every use needs. */
  void planPoints(MemoryPlan plan);

  /** Adds the P x P matrices, and the arrays that {@link #trainTrain} needs beside its result. */
  void planTrainTrain(MemoryPlan plan);

  /** Adds the matrices of a panel of at most {@code rows} points. */
  void planPanel(MemoryPlan plan, int rows);

  /** Moves the training points to the device; to be called before either kernel. */
  void uploadPoints(Backend backend, Workspace workspace);

  /** The readout kernel among the training points, P x P, owned by the workspace. */
  Matrix trainTrain(Backend backend, Workspace workspace, FeatureSink sink);

  /**
   * The readout kernel between rows of other points and the training points, handed to a consumer
   * while it is valid.
   *
   * @param first first row of the other points
   * @param rows number of rows, at most the planned number
   */
  void panelTrain(
      Backend backend, Workspace workspace, int first, int rows, Consumer<Matrix> consumer);

  /**
   * The same, with the feature kernels of the layers on the way.
   *
   * @param sink receives them, rows x P
   */
  void panelTrain(
      Backend backend,
      Workspace workspace,
      int first,
      int rows,
      PanelSink sink,
      Consumer<Matrix> consumer);

  /**
   * The diagonal of the readout kernel among the training points, computed point by point; empty
   * where it needs entries of other sites and the kernel's own is as good.
   */
  double[] diagonal();

  /**
   * Replaces the diagonal by the one that was computed point by point. The slope of the arc-cosine
   * kernel has a square-root cusp at rho = 1, where rounding of 1e-16 in a covariance moves it by
   * 1e-8: enough to make a nearly singular tangent kernel indefinite.
   *
   * @param block n x n, on the diagonal of the kernel, of the points first to first + n - 1
   * @param diagonal scratch, n x 1
   * @param scratch n x n
   */
  default void setDiagonal(
      Backend backend, Matrix block, int first, Matrix diagonal, Matrix scratch) {
    double[] exact = diagonal();
    if (exact.length == 0) {
      return;
    }
    backend.fill(0, scratch);
    backend.addDiagonal(1, scratch);
    backend.rowDot(block, scratch, diagonal);
    double[] change = new double[block.rows()];
    backend.download(diagonal, change);
    for (int i = 0; i < change.length; i++) {
      change[i] = exact[first + i] - change[i];
    }
    backend.upload(change, diagonal);
    backend.scaleRows(diagonal, scratch);
    backend.axpy(1, scratch, block);
  }
}
