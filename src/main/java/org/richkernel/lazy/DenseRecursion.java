package org.richkernel.lazy;

import java.util.Locale;
import java.util.function.Consumer;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;

/**
 * The recursion of a fully connected network.
 *
 * <p>Sigma^1 = g_0 X X^T / D + g_b, Phi^l = E[phi phi^T] over N(0, Sigma^l), Sigma^{l+1} = g_l
 * Phi^l + g_b (no bias at the readout), and Theta^1 = Sigma^1, Theta^{l+1} = Sigma^{l+1} + g_l
 * Theta^l o Phidot^l.
 */
final class DenseRecursion extends LayerRecursion {
  /** Receives Phi^l and Phidot^l, which are overwritten afterwards. */
  @FunctionalInterface
  interface LayerSink {
    void accept(int layer, Matrix feature, Matrix slope);
  }

  /** Most entries of the rows of a kernel between two stops. */
  private static final int BLOCK_ENTRIES = 1 << 18;

  /** Most products of the kernel of the inputs between two stops. */
  private static final double BLOCK_PRODUCTS = 1e11;

  /** Training points that are copied for the backend at a time. */
  private static final int UPLOADED_ROWS = 4096;

  private static final String TRAIN_SLOPE = SPARE;
  private static final String TRAIN_INPUTS = "train inputs";
  private static final String TRAIN_KERNEL = "train kernel";
  private static final String TRAIN_NTK = "train ntk";
  private static final String TRAIN_ONES = "train ones";
  private static final String TRAIN_DIAGONAL = "train diagonal";
  private static final String PANEL_INPUTS = "panel inputs";
  private static final String PANEL_KERNEL = "panel kernel";
  private static final String PANEL_SLOPE = "panel slope";
  private static final String PANEL_NTK = "panel ntk";
  private static final String PANEL_ONES = "panel ones";

  /**
   * A recursion for the training points and some others.
   *
   * @param others points of the panels; zero rows if there will be none
   */
  DenseRecursion(NetworkSpec network, KernelKind kind, Inputs train, Inputs others) {
    super(network, kind, train, others);
  }

  @Override
  public void planPoints(MemoryPlan plan) {
    plan.add(TRAIN_INPUTS, Precision.FLOAT64, train.rows(), train.dimension());
    plan.add(TRAIN_ONES, Precision.FLOAT64, train.rows(), 1);
    dual.planTrain(plan, layer -> train.rows());
  }

  @Override
  public void planTrainTrain(MemoryPlan plan) {
    plan.add(TRAIN_KERNEL, Precision.FLOAT64, train.rows(), train.rows());
    plan.add(TRAIN_SLOPE, Precision.FLOAT64, train.rows(), train.rows());
    plan.add(TRAIN_DIAGONAL, Precision.FLOAT64, train.rows(), 1);
    if (kind == KernelKind.NTK) {
      plan.add(TRAIN_NTK, Precision.FLOAT64, train.rows(), train.rows());
    }
  }

  @Override
  public void planPanel(MemoryPlan plan, int rows) {
    plan.add(PANEL_INPUTS, Precision.FLOAT64, rows, train.dimension());
    plan.add(PANEL_ONES, Precision.FLOAT64, rows, 1);
    plan.add(PANEL_KERNEL, Precision.FLOAT64, rows, train.rows());
    plan.add(PANEL_SLOPE, Precision.FLOAT64, rows, train.rows());
    if (kind == KernelKind.NTK) {
      plan.add(PANEL_NTK, Precision.FLOAT64, rows, train.rows());
    }
    dual.planPanel(plan, rows);
  }

  @Override
  public void uploadPoints(Backend backend, Workspace workspace) {
    upload(backend, workspace.get(TRAIN_INPUTS));
    backend.fill(1, workspace.get(TRAIN_ONES));
    for (int l = 1; l <= network.hiddenLayers(); l++) {
      dual.uploadTrain(backend, workspace, l, trainDiagonals.preactivation(l));
    }
  }

  private void upload(Backend backend, Matrix inputs) {
    for (int first = 0; first < train.rows(); first += UPLOADED_ROWS) {
      int count = Math.min(UPLOADED_ROWS, train.rows() - first);
      try (Matrix part = inputs.rowRange(first, count)) {
        backend.upload(train.copyRows(first, count), part);
      }
    }
  }

  @Override
  public Matrix trainTrain(Backend backend, Workspace workspace, FeatureSink sink) {
    return trainTrain(
        backend,
        workspace,
        (layer, feature, slope) -> {
          double[] values = new double[Math.multiplyExact(train.rows(), train.rows())];
          backend.download(feature, values);
          sink.accept(layer, values);
        });
  }

  /** The same, with the slopes too. */
  Matrix trainTrain(Backend backend, Workspace workspace, LayerSink sink) {
    Matrix kernel = workspace.get(TRAIN_KERNEL);
    Matrix slope = workspace.get(TRAIN_SLOPE);
    Matrix ones = workspace.get(TRAIN_ONES);
    inputKernel(backend, workspace.get(TRAIN_INPUTS), kernel);
    Matrix ntk = kind == KernelKind.NTK ? workspace.get(TRAIN_NTK) : slope;
    Step step = new Step(backend, kernel, slope, ntk, ones, ones);
    step.begin();
    for (int l = 1; l <= network.hiddenLayers(); l++) {
      int layer = l;
      byRows(
          kernel,
          slope,
          (first, values, slopes) ->
              dual.trainTrain(backend, workspace, layer, first, values, slopes));
      step.requireFinite(l);
      sink.accept(l, kernel, slope);
      step.advance(l);
    }
    Matrix readout = kind == KernelKind.NTK ? ntk : kernel;
    setDiagonal(backend, readout, 0, workspace.get(TRAIN_DIAGONAL), slope);
    return readout;
  }

  /** g_0 X X^T / D, by columns of X, which leaves it symmetric. */
  private void inputKernel(Backend backend, Matrix inputs, Matrix kernel) {
    double scale = network.weightVariance(0) / train.dimension();
    int columns = inputs.columns();
    int panel = (int) Math.max(1, Math.min(columns, BLOCK_PRODUCTS / kernel.size()));
    for (int first = 0; first < columns; first += panel) {
      beginBlock();
      try (Matrix part = inputs.view(0, inputs.rows(), first, Math.min(panel, columns - first))) {
        backend.syrk(Transpose.NO, scale, part, first == 0 ? 0 : 1, kernel);
      }
    }
  }

  /** Receives some rows of a kernel. */
  @FunctionalInterface
  private interface RowSink {
    void accept(int first, Matrix values, Matrix slopes);
  }

  private void byRows(Matrix kernel, Matrix slope, RowSink sink) {
    int block = Math.max(1, BLOCK_ENTRIES / kernel.columns());
    for (int first = 0; first < kernel.rows(); first += block) {
      beginBlock();
      int rows = Math.min(block, kernel.rows() - first);
      try (Matrix values = kernel.rowRange(first, rows);
          Matrix slopes = slope.rowRange(first, rows)) {
        sink.accept(first, values, slopes);
      }
    }
  }

  @Override
  public double[] diagonal() {
    return trainDiagonals.readout(kind);
  }

  @Override
  public void panelTrain(
      Backend backend, Workspace workspace, int first, int rows, Consumer<Matrix> consumer) {
    panelTrain(backend, workspace, first, rows, (layer, feature) -> {}, consumer);
  }

  @Override
  public void panelTrain(
      Backend backend,
      Workspace workspace,
      int first,
      int rows,
      PanelSink sink,
      Consumer<Matrix> consumer) {
    double[] x = others.copyRows(first, rows);
    String ntkLabel = kind == KernelKind.NTK ? PANEL_NTK : PANEL_SLOPE;
    try (Matrix inputs = workspace.get(PANEL_INPUTS).rowRange(0, rows);
        Matrix ones = workspace.get(PANEL_ONES).rowRange(0, rows);
        Matrix kernel = workspace.get(PANEL_KERNEL).rowRange(0, rows);
        Matrix slope = workspace.get(PANEL_SLOPE).rowRange(0, rows);
        Matrix ntk = workspace.get(ntkLabel).rowRange(0, rows)) {
      backend.upload(x, inputs);
      backend.fill(1, ones);
      double scale = network.weightVariance(0) / train.dimension();
      backend.gemm(
          Transpose.NO, Transpose.YES, scale, inputs, workspace.get(TRAIN_INPUTS), 0, kernel);
      Step step = new Step(backend, kernel, slope, ntk, ones, workspace.get(TRAIN_ONES));
      step.begin();
      for (int l = 1; l <= network.hiddenLayers(); l++) {
        dual.uploadPanel(backend, workspace, l, otherDiagonals.preactivation(l, first, rows));
        int layer = l;
        byRows(
            kernel,
            slope,
            (from, values, slopes) ->
                dual.panelTrain(backend, workspace, layer, from, 0, values, slopes));
        step.requireFinite(l);
        sink.accept(l, kernel);
        step.advance(l);
      }
      consumer.accept(kind == KernelKind.NTK ? ntk : kernel);
    }
  }

  /** The linear part of a layer, the same for square and rectangular kernels. */
  private final class Step {
    private final Backend backend;
    private final Matrix kernel;
    private final Matrix slope;
    private final Matrix ntk;
    private final Matrix rowOnes;
    private final Matrix columnOnes;

    Step(
        Backend backend,
        Matrix kernel,
        Matrix slope,
        Matrix ntk,
        Matrix rowOnes,
        Matrix columnOnes) {
      this.backend = backend;
      this.kernel = kernel;
      this.slope = slope;
      this.ntk = ntk;
      this.rowOnes = rowOnes;
      this.columnOnes = columnOnes;
    }

    /** g_0 X X^T / D becomes Sigma^1, and Theta^1 = Sigma^1. */
    void begin() {
      addBias();
      if (kind == KernelKind.NTK) {
        backend.copy(kernel, ntk);
      }
    }

    /** Phi^l becomes Sigma^{l+1}, and Theta^l becomes Theta^{l+1}. */
    void advance(int layer) {
      double g = network.weightVariance(layer);
      backend.scale(g, kernel);
      if (layer < network.hiddenLayers()) {
        addBias();
      }
      if (kind == KernelKind.NTK) {
        backend.multiply(slope, ntk);
        backend.scale(g, ntk);
        backend.axpy(1, kernel, ntk);
      }
    }

    private void addBias() {
      double g = network.biasVariance();
      if (g > 0) {
        backend.gemm(Transpose.NO, Transpose.YES, g, rowOnes, columnOnes, 1, kernel);
      }
    }

    void requireFinite(int layer) {
      double sum = backend.sum(kernel) + backend.sum(slope);
      if (!Double.isFinite(sum)) {
        throw new InvalidProblemException(
            String.format(
                Locale.ROOT,
                "kernel of layer %d (%d x %d)",
                layer,
                kernel.rows(),
                kernel.columns()),
            "not finite",
            "lower the weight variance or standardize the inputs");
      }
    }
  }
}
