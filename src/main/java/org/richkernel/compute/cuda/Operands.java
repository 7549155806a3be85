package org.richkernel.compute.cuda;

import org.richkernel.compute.Precision;

/** Checks of shapes and precisions; each names the operation and what does not fit. */
final class Operands {
  private Operands() {}

  static void sameShape(String operation, CudaMatrix x, CudaMatrix y) {
    if (x.rows() != y.rows() || x.columns() != y.columns()) {
      throw mismatch(operation, x, y);
    }
  }

  static void samePrecision(String operation, CudaMatrix x, CudaMatrix y) {
    if (x.precision() != y.precision()) {
      throw mismatch(operation, x, y);
    }
  }

  static void alike(String operation, CudaMatrix x, CudaMatrix y) {
    sameShape(operation, x, y);
    samePrecision(operation, x, y);
  }

  static void shape(String operation, CudaMatrix x, int rows, int columns) {
    if (x.rows() != rows || x.columns() != columns) {
      throw new IllegalArgumentException(
          operation + ": " + x.describe() + " must be " + rows + " x " + columns);
    }
  }

  static void square(String operation, CudaMatrix x) {
    if (x.rows() != x.columns()) {
      throw new IllegalArgumentException(operation + ": " + x.describe() + " must be square");
    }
  }

  static void precision(String operation, Precision precision, CudaMatrix x) {
    if (x.precision() != precision) {
      throw new IllegalArgumentException(
          operation + ": " + x.describe() + " must be in " + precision);
    }
  }

  static IllegalArgumentException mismatch(String operation, CudaMatrix x, CudaMatrix y) {
    return new IllegalArgumentException(
        operation + ": " + x.describe() + " and " + y.describe() + " do not fit");
  }
}
