package org.richkernel.compute;

/** Floating-point format of a {@link Matrix}. */
public enum Precision {
  /** IEEE binary32: fields and sampling. */
  FLOAT32(Float.BYTES),
  /** IEEE binary64: factorizations, saddle equations, predictors. */
  FLOAT64(Double.BYTES);

  private final int bytes;

  Precision(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }
}
