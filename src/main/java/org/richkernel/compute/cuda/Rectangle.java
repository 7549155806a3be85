package org.richkernel.compute.cuda;

/**
 * The shape over which an elementwise kernel runs. Operands that are all dense become one long row;
 * rows whose addresses, lengths and strides allow it are accessed 16 bytes at a time.
 *
 * @param rows rows of the launch
 * @param columns columns of the launch
 * @param unit elements of one wide access, 1 where accesses are narrow
 */
record Rectangle(long rows, long columns, int unit) {

  /** For kernels that treat all elements alike. */
  static Rectangle flat(CudaMatrix... operands) {
    CudaMatrix first = operands[0];
    boolean dense = true;
    for (CudaMatrix operand : operands) {
      dense &= operand.isDense();
    }
    return dense
        ? shape(1, first.size(), operands)
        : shape(first.rows(), first.columns(), operands);
  }

  /** For kernels in which the row or the column of an element matters. */
  static Rectangle byRows(CudaMatrix... operands) {
    return shape(operands[0].rows(), operands[0].columns(), operands);
  }

  private static Rectangle shape(long rows, long columns, CudaMatrix... operands) {
    int unit = 1;
    for (CudaMatrix operand : operands) {
      unit = Math.max(unit, 16 / operand.precision().bytes());
    }
    boolean wide = columns % unit == 0;
    for (CudaMatrix operand : operands) {
      wide &= operand.pointer().address() % 16 == 0;
      wide &= rows <= 1 || operand.stride() % unit == 0;
    }
    return new Rectangle(rows, columns, wide ? unit : 1);
  }

  /** The kernels' flag for wide accesses. */
  int wide() {
    return unit > 1 ? 1 : 0;
  }
}
