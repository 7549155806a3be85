package org.richkernel.compute;

/** Whether an operand enters a product as it is stored or transposed. */
public enum Transpose {
  NO,
  YES
}
