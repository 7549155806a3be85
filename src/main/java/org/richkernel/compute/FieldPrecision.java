package org.richkernel.compute;

import java.util.Locale;

/** How products of float32 matrices are taken; the sums are float32 in all. */
public enum FieldPrecision {
  /** Plain float32 multiplication and addition. */
  FP32,
  /**
   * Tensor cores of a CUDA device, which round the factors to 10 bits of mantissa: several times
   * faster, relative error of a product near 1e-3. Fields and Gram panels are rounded alike;
   * factorizations, solves and reductions stay in float64. Devices older than compute capability
   * 8.0, and the processor, compute in {@link #FP32}.
   */
  TF32,
  /**
   * The same tensor cores with each factor in two parts, which together hold 22 bits: about as
   * accurate as {@link #FP32}, at three times the products of {@link #TF32}. Products too small to
   * gain from it are plain. A factor that is infinite makes a product NaN.
   */
  TF32X3;

  /** "fp32", "tf32" or "tf32x3". */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
