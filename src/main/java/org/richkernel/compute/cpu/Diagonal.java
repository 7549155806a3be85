package org.richkernel.compute.cpu;

import org.richkernel.compute.Operands;

/** Updates of the diagonal, too small to split. */
final class Diagonal {
  private Diagonal() {}

  /** A_ii = A_ii + value. */
  static void add(double value, CpuMatrix a, Worker w) {
    Operands.square("addDiagonal", a);
    for (int i = 0; i < a.rows(); i++) {
      long element = a.at(i, i);
      if (a.isSingle()) {
        a.read(element, w.f0, 1);
        w.f0[0] = (float) (w.f0[0] + value);
        a.write(element, w.f0, 1);
      } else {
        a.read(element, w.d0, 1);
        w.d0[0] += value;
        a.write(element, w.d0, 1);
      }
    }
  }
}
