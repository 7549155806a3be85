package org.richkernel.data;

import org.richkernel.network.InputValues;

/**
 * Standardization of the inputs, for new ones too: x = (raw / scale - mean) / std.
 *
 * @param mean subtracted after scaling
 * @param std divided by after that; positive
 * @param scale divisor of raw values, applied first: 255 for bytes of IDX images, otherwise 1
 */
public record Standardization(double mean, double std, double scale) {
  /** No standardization. */
  public static final Standardization IDENTITY = new Standardization(0, 1, 1);

  /** Scale of bytes. */
  static final double BYTE_SCALE = 255;

  /** Refuses numbers that would make an input infinite. */
  public Standardization {
    if (!Double.isFinite(mean) || !isPositive(std) || !isPositive(scale)) {
      throw new IllegalArgumentException(
          "mean " + mean + ", std " + std + ", scale " + scale + " do not make a standardization");
    }
  }

  private static boolean isPositive(double value) {
    return value > 0 && Double.isFinite(value);
  }

  /** Standardized values in a new array. */
  public double[] apply(double[] raw) {
    return apply(InputValues.of(raw)).toArray();
  }

  /** The same for values in any form, in which the new ones stay. */
  InputValues apply(InputValues raw) {
    return equals(IDENTITY) ? raw : raw.map(v -> (v / scale - mean) / std);
  }

  /**
   * New values for a table that was just read, row-major.
   *
   * @throws InvalidDataException if the table holds IDX bytes and the training inputs did not, or
   *     the other way round, so that the scale would be wrong; or if a value overflows
   */
  public InputValues apply(Table raw) {
    requireSameKind(raw);
    InputValues x = apply(raw.shared());
    requireFinite(raw.source(), x);
    return x;
  }

  static void requireFinite(String source, InputValues x) {
    for (int i = 0; i < x.length(); i++) {
      if (!Double.isFinite(x.get(i))) {
        throw new InvalidDataException(
            source, "standardized inputs overflow", "rescale them, or use --standardize none");
      }
    }
  }

  /** Identity is for raw values of any kind; anything else belongs to one kind of file. */
  private void requireSameKind(Table raw) {
    if (!equals(IDENTITY) && raw.isIdxBytes() != (scale == BYTE_SCALE)) {
      throw new InvalidDataException(
          raw.source(),
          raw.isIdxBytes()
              ? "it holds IDX bytes, but the training inputs were no such bytes"
              : "it holds no IDX bytes, but the training inputs were scaled from such bytes",
          "give both as the same kind of file");
    }
  }
}
