package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Predictor;

/** f(x) = w . x + b: what any linear network predicts. */
public final class LinearPredictor implements Predictor {
  private final double[] weights;
  private final double intercept;

  /**
   * @param weights w, length D
   * @param intercept b
   */
  public LinearPredictor(double[] weights, double intercept) {
    this.weights = weights.clone();
    this.intercept = intercept;
  }

  /** w, a copy. */
  public double[] weights() {
    return weights.clone();
  }

  /** b. */
  public double intercept() {
    return intercept;
  }

  @Override
  public double[] predict(Backend backend, Inputs inputs) {
    if (inputs.dimension() != weights.length) {
      throw new InvalidProblemException(
          "test-x",
          inputs.dimension() + " columns",
          "the fit was made with " + weights.length + "; give as many");
    }
    double[] f = new double[inputs.rows()];
    try (Matrix x = backend.allocate(Precision.FLOAT64, inputs.rows(), weights.length, "inputs");
        Matrix w = backend.allocate(Precision.FLOAT64, weights.length, 1, "weights");
        Matrix out = backend.allocate(Precision.FLOAT64, inputs.rows(), 1, "predictions")) {
      backend.upload(inputs.toArray(), x);
      backend.upload(weights, w);
      backend.fill(intercept, out);
      backend.gemm(Transpose.NO, Transpose.NO, 1, x, w, 1, out);
      backend.download(out, f);
    }
    return f;
  }
}
