package org.richkernel.compute.cuda;

/**
 * Rows of float32 or float64 numbers in device memory, as a library takes them.
 *
 * @param at the first element
 * @param leading elements from one row to the next
 */
record Operand(DevicePointer at, int leading) {
  /** The float32 numbers from another element on. */
  Operand from(long row, long column) {
    return new Operand(at.plus((row * leading + column) * Float.BYTES), leading);
  }
}
