package org.richkernel.network;

/**
 * Targets of a regression: a rows x outputs matrix of finite numbers.
 *
 * <p>The values are not copied; they must not change while this is in use.
 */
public final class Targets {
  private final double[] values;
  private final int rows;
  private final int outputs;

  private Targets(double[] values, int rows, int outputs) {
    this.values = values;
    this.rows = rows;
    this.outputs = outputs;
  }

  /**
   * Targets from a row-major array.
   *
   * @param values rows x outputs, row-major
   * @param rows number of points
   * @param outputs K, at least 1
   * @throws InvalidProblemException if the length does not fit or a value is not finite; the
   *     message names the row
   */
  public static Targets of(double[] values, int rows, int outputs) {
    if (outputs < 1) {
      throw new InvalidProblemException("outputs", outputs, "use at least 1");
    }
    if (rows < 0 || values.length != Math.multiplyExact(rows, outputs)) {
      throw new InvalidProblemException(
          "targets",
          values.length + " numbers",
          "give rows x outputs = " + rows + " x " + outputs + " of them");
    }
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new InvalidProblemException(
            "target at row " + i / outputs + ", output " + i % outputs,
            values[i],
            "every target must be a finite number");
      }
    }
    return new Targets(values, rows, outputs);
  }

  /** One real target per point. */
  public static Targets of(double[] values) {
    return of(values, values.length, 1);
  }

  /** Number of points. */
  public int rows() {
    return rows;
  }

  /** K, the number of outputs. */
  public int outputs() {
    return outputs;
  }

  /** Output {@code output} of point {@code row}. */
  public double at(int row, int output) {
    return values[row * outputs + output];
  }

  /** All targets, row-major, as a new array. */
  public double[] toArray() {
    return values.clone();
  }
}
