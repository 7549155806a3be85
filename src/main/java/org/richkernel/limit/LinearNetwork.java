package org.richkernel.limit;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.SolverState;

/**
 * The coefficients of a one-hidden-layer linear network, exact at every width (Yang and Hu,
 * arXiv:2011.14522, section 5.1 and appendix E). With Omega (n x H, H = d + K, entries N(0, 1)) the
 * weights are u = Omega A / sqrt(n) and v = Omega B / sqrt(n) at all times, because every gradient
 * is a combination of their columns, and
 *
 * <pre>
 *   f(x) = B^T M A x,   M = Omega^T Omega / n,   A_0 = [sigma_u I; 0],   B_0 = [0; sigma_v I]
 *   dLoss/dA = B sum_i chi_i x_i^T,   dLoss/dB = A sum_i x_i chi_i^T,   chi_i = dLoss/df(x_i)
 * </pre>
 *
 * <p>Width enters through M alone, and M = I is the limit. A network with fewer neurons than
 * coefficients is the same program on its own weights, A = u, B = v, M = I. The bias is the last
 * column of A, whose input is beta. Fields are points x rows.
 */
public final class LinearNetwork {
  /** Number of rows of Omega drawn at a time. */
  private static final int PANEL = 1024;

  private final LinearShape shape;
  private final Backend backend;
  private final Matrix inputWeights; // A, H x (d + 1)
  private final Matrix readout; // B, H x K
  private final Matrix inputGradient;
  private final Matrix readoutGradient;
  private final Matrix pulledInputs; // chi^T x, K x (d + 1)
  private final Workspace memory;

  /**
   * A network whose weights are not set yet; see {@link #draw}.
   *
   * @param memory of {@link #plan}
   */
  public LinearNetwork(LinearShape shape, Backend backend, Workspace memory) {
    this.shape = shape;
    this.backend = backend;
    this.memory = memory;
    inputWeights = memory.get("input weights");
    readout = memory.get("readout weights");
    inputGradient = memory.get("gradient of the input weights");
    readoutGradient = memory.get("gradient of the readout");
    pulledInputs = memory.get("pulled inputs");
  }

  /**
   * Peak memory of a network.
   *
   * @param rule of the descent
   */
  public static MemoryPlan plan(LinearShape shape, DescentRule rule, Precision precision) {
    int rows = shape.rows();
    int columns = shape.columns();
    int outputs = shape.outputs();
    int coefficients = shape.coefficients();
    MemoryPlan plan =
        new MemoryPlan()
            .add("input weights", precision, rows, columns)
            .add("readout weights", precision, rows, outputs)
            .add("gradient of the input weights", precision, rows, columns)
            .add("gradient of the readout", precision, rows, outputs)
            .add("pulled inputs", precision, outputs, columns);
    if (rule.momentum() > 0) {
      plan.add("velocity of the input weights", precision, rows, columns)
          .add("velocity of the readout", precision, rows, outputs);
    }
    if (shape.width().isPresent()) {
      int panel = Math.min(PANEL, shape.width().getAsInt());
      plan.add("drawn", Precision.FLOAT32, panel, coefficients);
    }
    if (shape.hasMetric()) {
      plan.add(
              "drawn, float64",
              Precision.FLOAT64,
              Math.min(PANEL, shape.width().orElseThrow()),
              coefficients)
          .add("drawn metric", Precision.FLOAT64, rows, rows)
          .add("metric", precision, rows, rows)
          .add("metric times readout", precision, rows, outputs);
      if (rule.clips()) {
        plan.add("metric times gradient", precision, rows, columns)
            .add("metric times readout gradient", precision, rows, outputs);
      }
    }
    return plan;
  }

  /**
   * Sets the weights to their values before training.
   *
   * @param repeat index of the network among those of its width, 0 to 65535
   */
  public void draw(long seed, int repeat) {
    if (shape.isNarrow()) {
      drawNeurons(seed, repeat);
    } else {
      drawCoefficients(seed, repeat);
    }
    if (memory.holds("velocity of the readout")) {
      backend.fill(0, memory.get("velocity of the input weights"));
      backend.fill(0, memory.get("velocity of the readout"));
    }
    readoutChanged();
  }

  private long stream(int repeat) {
    return RandomStreams.stream(RandomStreams.LINEAR_WEIGHTS, repeat, shape.width().orElseThrow());
  }

  /** u = sigma_u Omega_[1..d] / sqrt(n), v = sigma_v Omega_[d+1..H] / sqrt(n). */
  private void drawNeurons(long seed, int repeat) {
    int n = shape.rows();
    Matrix drawn = memory.get("drawn");
    double scale = 1 / Math.sqrt(n);
    for (int first = 0; first < n; first += drawn.rows()) {
      int count = Math.min(drawn.rows(), n - first);
      Matrix panel = drawn.rowRange(0, count);
      backend.fillGaussian(seed, stream(repeat), first, panel);
      backend.copy(
          panel.view(0, count, 0, shape.inputs()),
          inputWeights.view(first, count, 0, shape.inputs()));
      backend.copy(
          panel.view(0, count, shape.inputs(), shape.outputs()), readout.rowRange(first, count));
    }
    backend.fill(0, inputWeights.view(0, n, shape.inputs(), 1));
    backend.scale(shape.inputDeviation() * scale, inputWeights);
    backend.scale(shape.readoutDeviation() * scale, readout);
  }

  private void drawCoefficients(long seed, int repeat) {
    backend.fill(0, inputWeights);
    backend.fill(0, readout);
    int d = shape.inputs();
    backend.addDiagonal(shape.inputDeviation(), inputWeights.view(0, d, 0, d));
    backend.addDiagonal(
        shape.readoutDeviation(), readout.view(d, shape.outputs(), 0, shape.outputs()));
    if (shape.hasMetric()) {
      int n = shape.width().orElseThrow();
      Matrix drawn = memory.get("drawn");
      Matrix sum = memory.get("drawn metric");
      backend.fill(0, sum);
      for (int first = 0; first < n; first += drawn.rows()) {
        int count = Math.min(drawn.rows(), n - first);
        Matrix panel = memory.get("drawn, float64").rowRange(0, count);
        backend.fillGaussian(seed, stream(repeat), first, drawn.rowRange(0, count));
        backend.copy(drawn.rowRange(0, count), panel);
        // M = Omega^T Omega / n
        backend.syrk(Transpose.YES, 1.0 / n, panel, 1, sum);
      }
      backend.copy(sum, memory.get("metric"));
    }
  }

  private void readoutChanged() {
    if (shape.hasMetric()) {
      product(memory.get("metric"), readout, memory.get("metric times readout"));
    }
  }

  private void product(Matrix a, Matrix b, Matrix c) {
    backend.gemm(Transpose.NO, Transpose.NO, 1, a, b, 0, c);
  }

  /** A, rows x (d + 1). */
  public Matrix inputWeights() {
    return inputWeights;
  }

  /** B, rows x K. */
  public Matrix readout() {
    return readout;
  }

  /** M B, rows x K, the map from fields to outputs. */
  public Matrix outputWeights() {
    return shape.hasMetric() ? memory.get("metric times readout") : readout;
  }

  /** Receives dLoss/dA, rows x (d + 1). */
  public Matrix inputGradient() {
    return inputGradient;
  }

  /** Receives dLoss/dB, rows x K. */
  public Matrix readoutGradient() {
    return readoutGradient;
  }

  /**
   * Hidden fields A x.
   *
   * @param inputs points x (d + 1), the last one beta
   * @param hidden points x rows
   */
  public void forward(Matrix inputs, Matrix hidden) {
    backend.gemm(Transpose.NO, Transpose.YES, 1, inputs, inputWeights, 0, hidden);
  }

  /**
   * Outputs of hidden fields.
   *
   * @param outputs points x K
   */
  public void outputs(Matrix hidden, Matrix outputs) {
    product(hidden, outputWeights(), outputs);
  }

  /**
   * Fields times the metric M; their products with fields are those of the neurons.
   *
   * @param target points x rows
   * @return target, or the fields themselves if M = I
   */
  public Matrix throughMetric(Matrix hidden, Matrix target) {
    if (!shape.hasMetric()) {
      return hidden;
    }
    product(hidden, memory.get("metric"), target);
    return target;
  }

  /**
   * Gradients of a loss.
   *
   * @param inputs points x (d + 1)
   * @param hidden their fields, points x rows
   * @param pull chi, points x K
   */
  public void backward(Matrix inputs, Matrix hidden, Matrix pull) {
    backend.gemm(Transpose.YES, Transpose.NO, 1, hidden, pull, 0, readoutGradient);
    backend.gemm(Transpose.YES, Transpose.NO, 1, pull, inputs, 0, pulledInputs);
    product(readout, pulledInputs, inputGradient);
  }

  /**
   * Moves the weights along the gradients, which it overwrites.
   *
   * @return norm of the gradients of u, b and v before clipping; NaN if the rule does not clip
   */
  public double descend(DescentRule rule) {
    double norm = Double.NaN;
    if (rule.clips()) {
      // |dLoss/du|^2 = tr dA^T M dA
      norm =
          Math.sqrt(
              squaredNorm(inputGradient, "metric times gradient")
                  + squaredNorm(readoutGradient, "metric times readout gradient"));
      backend.scale(rule.shrinking(norm), inputGradient);
      backend.scale(rule.shrinking(norm), readoutGradient);
    }
    move(rule, inputWeights, inputGradient, "velocity of the input weights");
    move(rule, readout, readoutGradient, "velocity of the readout");
    readoutChanged();
    return norm;
  }

  private double squaredNorm(Matrix gradient, String label) {
    if (!shape.hasMetric()) {
      return backend.dot(gradient, gradient);
    }
    Matrix product = memory.get(label);
    product(memory.get("metric"), gradient, product);
    return backend.dot(gradient, product);
  }

  private void move(DescentRule rule, Matrix weights, Matrix gradient, String velocity) {
    if (rule.weightDecay() > 0) {
      backend.scale(1 - rule.stepSize() * rule.weightDecay(), weights);
    }
    Matrix direction = gradient;
    if (rule.momentum() > 0) {
      direction = memory.get(velocity);
      backend.scale(rule.momentum(), direction);
      backend.axpy(1, gradient, direction);
    }
    backend.axpy(-rule.stepSize(), direction, weights);
  }

  /** Adds weights and velocities to a checkpoint. */
  public void save(SolverState state) {
    save("input_weights", inputWeights, state);
    save("readout", readout, state);
    if (memory.holds("velocity of the readout")) {
      save("input_velocity", memory.get("velocity of the input weights"), state);
      save("readout_velocity", memory.get("velocity of the readout"), state);
    }
  }

  /** Restores a checkpoint, after {@link #draw} with the same key. */
  public void restore(SolverState state) {
    restore("input_weights", inputWeights, state);
    restore("readout", readout, state);
    if (memory.holds("velocity of the readout")) {
      restore("input_velocity", memory.get("velocity of the input weights"), state);
      restore("readout_velocity", memory.get("velocity of the readout"), state);
    }
    readoutChanged();
  }

  private void save(String name, Matrix matrix, SolverState state) {
    if (matrix.precision() == Precision.FLOAT32) {
      float[] values = new float[Math.toIntExact(matrix.size())];
      backend.download(matrix, values);
      state.put(name, values);
    } else {
      double[] values = new double[Math.toIntExact(matrix.size())];
      backend.download(matrix, values);
      state.put(name, values);
    }
  }

  private void restore(String name, Matrix matrix, SolverState state) {
    if (matrix.precision() == Precision.FLOAT32) {
      backend.upload(state.floats(name), matrix);
    } else {
      backend.upload(state.doubles(name), matrix);
    }
  }
}
