package org.richkernel.limit;

import java.util.OptionalInt;
import org.richkernel.network.InvalidProblemException;

/**
 * A one-hidden-layer linear network in the maximal update parametrization (Yang and Hu,
 * arXiv:2011.14522, section 5.1): f(x) = v^T (u x + beta b), u ~ N(0, sigma_u^2 / n) with n x d
 * entries, v ~ N(0, sigma_v^2 / n) with n x K, b = 0, all trained with the same rate.
 *
 * @param inputs d
 * @param outputs K
 * @param width n; empty for the limit of infinite width
 * @param inputDeviation sigma_u
 * @param readoutDeviation sigma_v
 * @param bias multiplier beta of the first layer's bias, 0 for none
 */
public record LinearShape(
    int inputs,
    int outputs,
    OptionalInt width,
    double inputDeviation,
    double readoutDeviation,
    double bias) {

  /**
   * Checks the numbers.
   *
   * @throws InvalidProblemException naming the first invalid one
   */
  public LinearShape {
    if (inputs < 1) {
      throw new InvalidProblemException("input dimension", inputs, "use at least 1");
    }
    if (outputs < 1) {
      throw new InvalidProblemException("outputs", outputs, "use at least 1");
    }
    if (width.isPresent() && width.getAsInt() < 1) {
      throw new InvalidProblemException("widths", width.getAsInt(), "use at least 1");
    }
    requireDeviation("input-deviation", inputDeviation);
    requireDeviation("readout-deviation", readoutDeviation);
    requireDeviation("bias-multiplier", bias);
  }

  private static void requireDeviation(String field, double value) {
    if (!(value >= 0) || !Double.isFinite(value)) {
      throw new InvalidProblemException(field, value, "use a number of at least 0");
    }
  }

  /** The limit of infinite width, with standard deviations 1 and no bias. */
  public static LinearShape limit(int inputs, int outputs) {
    return new LinearShape(inputs, outputs, OptionalInt.empty(), 1, 1, 0);
  }

  /** The same at a finite width. */
  public LinearShape ofWidth(int neurons) {
    return new LinearShape(
        inputs, outputs, OptionalInt.of(neurons), inputDeviation, readoutDeviation, bias);
  }

  /** The same with other initial weights. */
  public LinearShape withDeviations(double ofInput, double ofReadout) {
    return new LinearShape(inputs, outputs, width, ofInput, ofReadout, bias);
  }

  /** The same with a bias of the first layer. */
  public LinearShape withBias(double multiplier) {
    return new LinearShape(inputs, outputs, width, inputDeviation, readoutDeviation, multiplier);
  }

  /** d + K, the number of initial columns whose combinations are the weights at all times. */
  public int coefficients() {
    return inputs + outputs;
  }

  /** Rows of the program: the coefficients, or the neurons themselves where these are fewer. */
  public int rows() {
    return isNarrow() ? width.orElseThrow() : coefficients();
  }

  /** Whether the neurons are fewer than the coefficients. */
  boolean isNarrow() {
    return width.isPresent() && width.getAsInt() < coefficients();
  }

  /** Whether the metric M differs from the identity. */
  public boolean hasMetric() {
    return width.isPresent() && !isNarrow();
  }

  /** d + 1: the bias is the weight of a last input equal to beta. */
  public int columns() {
    return inputs + 1;
  }

  /**
   * Inputs with a last column beta.
   *
   * @param values points x d
   * @return points x (d + 1)
   */
  public double[] withBiasColumn(double[] values) {
    int points = values.length / inputs;
    double[] wide = new double[points * columns()];
    for (int p = 0; p < points; p++) {
      System.arraycopy(values, p * inputs, wide, p * columns(), inputs);
      wide[p * columns() + inputs] = bias;
    }
    return wide;
  }
}
