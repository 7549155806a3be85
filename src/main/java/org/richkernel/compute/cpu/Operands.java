package org.richkernel.compute.cpu;

import org.richkernel.compute.Precision;

/** Checks of shapes and precisions; each names the operation and what does not fit. */
final class Operands {
  private Operands() {}

  static void sameShape(String operation, CpuMatrix x, CpuMatrix y) {
    if (x.rows() != y.rows() || x.columns() != y.columns()) {
      throw mismatch(operation, x, y);
    }
  }

  static void samePrecision(String operation, CpuMatrix x, CpuMatrix y) {
    if (x.precision() != y.precision()) {
      throw mismatch(operation, x, y);
    }
  }

  static void alike(String operation, CpuMatrix x, CpuMatrix y) {
    sameShape(operation, x, y);
    samePrecision(operation, x, y);
  }

  static void shape(String operation, CpuMatrix x, int rows, int columns) {
    if (x.rows() != rows || x.columns() != columns) {
      throw new IllegalArgumentException(
          operation + ": " + x.describe() + " must be " + rows + " x " + columns);
    }
  }

  static void square(String operation, CpuMatrix x) {
    if (x.rows() != x.columns()) {
      throw new IllegalArgumentException(operation + ": " + x.describe() + " must be square");
    }
  }

  static void precision(String operation, Precision precision, CpuMatrix x) {
    if (x.precision() != precision) {
      throw new IllegalArgumentException(
          operation + ": " + x.describe() + " must be in " + precision);
    }
  }

  static IllegalArgumentException mismatch(String operation, CpuMatrix x, CpuMatrix y) {
    return new IllegalArgumentException(
        operation + ": " + x.describe() + " and " + y.describe() + " do not fit");
  }
}
