package org.richkernel.compute.cuda;

import java.util.Locale;

/** How float32 products are taken on the device. */
public enum FieldPrecision {
  /** Plain float32 multiplication and addition. */
  FP32,
  /** Tensor cores with factors rounded to 10 bits of mantissa: faster, relative error near 1e-3. */
  TF32;

  /** Environment variable that names the precision of a backend opened without an explicit one. */
  public static final String VARIABLE = "RICHKERNEL_CUDA_PRECISION";

  /**
   * The precision asked for, {@link #FP32} where nothing is.
   *
   * @param name "fp32", "tf32", or null
   * @throws IllegalArgumentException for any other name
   */
  static FieldPrecision named(String name) {
    if (name == null || name.isBlank()) {
      return FP32;
    }
    for (FieldPrecision precision : values()) {
      if (precision.name().toLowerCase(Locale.ROOT).equals(name)) {
        return precision;
      }
    }
    throw new IllegalArgumentException(VARIABLE + " must be fp32 or tf32, not " + name);
  }
}
