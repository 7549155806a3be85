package org.richkernel.limit;

import java.util.List;
import java.util.Optional;

/**
 * Coordinates of one network at its start and after every step, on fixed inputs.
 *
 * @param width n
 * @param seed identifies the network among those of its width
 * @param times numbers of steps done, T + 1 of them, increasing from 0
 * @param points P
 * @param hidden preactivations of layers 1 .. L, each (T + 1) x P x k_l, k_l at most n
 * @param outputs f, (T + 1) x P x K
 * @param split readout and features that separate the two parts of the outputs' change, if known
 * @param weights root mean squares of the trained tensors of layers 1 .. L + 1, each T + 1; may be
 *     empty
 */
@SuppressWarnings("ArrayRecordComponent")
public record CoordinateRun(
    int width,
    long seed,
    List<Integer> times,
    int points,
    List<double[]> hidden,
    double[] outputs,
    Optional<Split> split,
    List<double[]> weights) {

  /**
   * The last layer.
   *
   * @param readout W^{L+1} at the start with its multiplier, K x n
   * @param features x^L = phi(h^L), (T + 1) x P x n
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Split(double[] readout, double[] features) {}

  /**
   * Checks that the shapes fit together.
   *
   * @throws IllegalArgumentException if they do not
   */
  public CoordinateRun {
    times = List.copyOf(times);
    hidden = List.copyOf(hidden);
    weights = List.copyOf(weights);
    int rows = times.size() * points;
    boolean fits = !hidden.isEmpty() && rows > 0 && isFilled(outputs, rows);
    for (double[] layer : hidden) {
      fits &= isFilled(layer, rows);
    }
    for (double[] layer : weights) {
      fits &= layer.length == times.size();
    }
    if (split.isPresent()) {
      fits &= split.get().features().length == (long) rows * width;
      fits &= split.get().readout().length == (long) outputs.length / rows * width;
    }
    if (!fits) {
      throw new IllegalArgumentException("arrays of a run of width " + width + " do not fit");
    }
  }

  /** T, the number of times after the start. */
  int steps() {
    return times.size() - 1;
  }

  private static boolean isFilled(double[] values, int rows) {
    return values.length > 0 && values.length % rows == 0;
  }

  /** Whether this run determines a quantity. */
  boolean holds(Quantity quantity) {
    return switch (quantity.kind()) {
      case INITIAL_READOUT, BY_READOUT, BY_FEATURES -> split.isPresent();
      case WEIGHT_DECAY -> !weights.isEmpty();
      case INITIAL_PREACTIVATION, PREACTIVATION_CHANGE, OUTPUT_CHANGE, INITIAL_OUTPUT -> true;
    };
  }

  /**
   * The mean square of a quantity over points and coordinates.
   *
   * @param step index of the time, 1 to T; ignored for initial quantities
   */
  double meanSquare(Quantity quantity, int step) {
    return switch (quantity.kind()) {
      case PREACTIVATION_CHANGE -> change(hidden.get(quantity.layer() - 1), step);
      case OUTPUT_CHANGE -> change(outputs, step);
      case INITIAL_PREACTIVATION -> initial(hidden.get(quantity.layer() - 1));
      case INITIAL_READOUT -> square(split.orElseThrow().readout());
      case INITIAL_OUTPUT -> initial(outputs);
      case BY_FEATURES -> square(byFeatures(step));
      case BY_READOUT -> {
        double[] rest = byFeatures(step);
        int block = rest.length;
        for (int i = 0; i < block; i++) {
          rest[i] = outputs[step * block + i] - outputs[i] - rest[i];
        }
        yield square(rest);
      }
      case WEIGHT_DECAY -> {
        double[] size = weights.get(quantity.layer() - 1);
        double shrunk = 1 - size[step] / size[0];
        // a weight that grew shows no decay
        yield shrunk > 0 ? shrunk * shrunk : Double.NaN;
      }
    };
  }

  private double initial(double[] values) {
    int block = values.length / times.size();
    double sum = 0;
    for (int i = 0; i < block; i++) {
      sum += values[i] * values[i];
    }
    return sum / block;
  }

  private double change(double[] values, int step) {
    int block = values.length / times.size();
    double sum = 0;
    for (int i = 0; i < block; i++) {
      double moved = values[step * block + i] - values[i];
      sum += moved * moved;
    }
    return sum / block;
  }

  /** W_0^{L+1} (x_t - x_0), P x K. */
  private double[] byFeatures(int step) {
    Split last = split.orElseThrow();
    int outputCount = last.readout().length / width;
    double[] result = new double[points * outputCount];
    int block = points * width;
    for (int p = 0; p < points; p++) {
      for (int k = 0; k < outputCount; k++) {
        double sum = 0;
        for (int i = 0; i < width; i++) {
          int at = p * width + i;
          double moved = last.features()[step * block + at] - last.features()[at];
          sum += last.readout()[k * width + i] * moved;
        }
        result[p * outputCount + k] = sum;
      }
    }
    return result;
  }

  private static double square(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return sum / values.length;
  }
}
