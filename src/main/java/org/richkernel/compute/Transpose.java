package org.richkernel.compute;

/** Whether an operand of a product is transposed. */
public enum Transpose {
  NO,
  YES
}
