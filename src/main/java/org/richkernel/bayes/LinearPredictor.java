package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Predictor;

/** f(x) = W^T x + b, the predictor of any linear network. */
public final class LinearPredictor implements Predictor {
  private final double[] weights;
  private final double[] intercepts;

  /**
   * One output.
   *
   * @param weights w, length D
   * @param intercept b
   */
  public LinearPredictor(double[] weights, double intercept) {
    this(weights, new double[] {intercept});
  }

  /**
   * Several outputs.
   *
   * @param weights W, row-major D x K
   * @param intercepts b, length K
   * @throws InvalidProblemException if the lengths do not fit together
   */
  public LinearPredictor(double[] weights, double[] intercepts) {
    if (intercepts.length == 0 || weights.length % intercepts.length != 0) {
      throw new InvalidProblemException(
          "saved predictor", "of inconsistent shapes", "fit again, or restore the whole folder");
    }
    this.weights = weights.clone();
    this.intercepts = intercepts.clone();
  }

  /** W, row-major D x K, a copy. */
  public double[] weights() {
    return weights.clone();
  }

  /** b, length K, a copy. */
  public double[] intercepts() {
    return intercepts.clone();
  }

  @Override
  public MemoryPlan plan(Backend backend, Inputs inputs) {
    inputs.requireDimension(weights.length / intercepts.length);
    int outputs = intercepts.length;
    return new MemoryPlan()
        .add("inputs", Precision.FLOAT64, inputs.rows(), inputs.dimension())
        .add("weights", Precision.FLOAT64, inputs.dimension(), outputs)
        .add("predictions", Precision.FLOAT64, inputs.rows(), outputs)
        .addHost(8L * inputs.rows() * (inputs.dimension() + outputs));
  }

  @Override
  public double[] predict(Backend backend, Inputs inputs) {
    MemoryPlan plan = plan(backend, inputs);
    plan.requireFits(backend, "predict fewer points at a time");
    int outputs = intercepts.length;
    double[] f = new double[inputs.rows() * outputs];
    try (Workspace memory = new Workspace(backend, plan)) {
      Matrix x = memory.get("inputs");
      Matrix w = memory.get("weights");
      Matrix out = memory.get("predictions");
      backend.upload(inputs.toArray(), x);
      backend.upload(weights, w);
      backend.gemm(Transpose.NO, Transpose.NO, 1, x, w, 0, out);
      backend.download(out, f);
    }
    for (int i = 0; i < f.length; i++) {
      f[i] += intercepts[i % outputs];
    }
    return f;
  }
}
