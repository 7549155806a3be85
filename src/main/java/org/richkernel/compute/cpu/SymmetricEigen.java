package org.richkernel.compute.cpu;

import static org.bytedeco.openblas.global.openblas_full.LAPACKE_dsyevd_work;
import static org.bytedeco.openblas.global.openblas_full.LAPACK_COL_MAJOR;

import org.bytedeco.javacpp.IntPointer;
import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;

/** Eigendecomposition of symmetric matrices by divide and conquer (LAPACK dsyevd). */
final class SymmetricEigen {
  /** LAPACK counts its 2 n^2 + 6 n + 1 doubles of scratch in 32 bits. */
  private static final int LARGEST = 32_766;

  private final WorkerTeam team;
  private final CpuMemory memory;
  private final Mirror mirror;
  private final Reductions reductions;
  private final Ints integers = new Ints();
  private NativeBlock scratch;

  SymmetricEigen(WorkerTeam team, CpuMemory memory, Mirror mirror, Reductions reductions) {
    this.team = team;
    this.memory = memory;
    this.mirror = mirror;
    this.reductions = reductions;
  }

  void decompose(CpuMatrix a, CpuMatrix values) {
    Operands.square("eigenSymmetric", a);
    Operands.precision("eigenSymmetric", Precision.FLOAT64, a);
    Operands.precision("eigenSymmetric", Precision.FLOAT64, values);
    int n = a.rows();
    Operands.shape("eigenSymmetric", values, 1, n);
    if (n > LARGEST) {
      throw new IllegalArgumentException(
          "eigenSymmetric: " + a.describe() + " has more than " + LARGEST + " rows");
    }
    if (n == 0) {
      return;
    }
    // the iteration may not end on NaN or infinity
    if (!reductions.allFinite(a)) {
      throw new ArithmeticException("eigenSymmetric: " + a.describe() + " holds NaN or infinity");
    }
    int work = (int) work(n);
    int integerWork = (int) integerWork(n);
    reserve(scratchBytes(n) / Double.BYTES);
    int info =
        LAPACKE_dsyevd_work(
            LAPACK_COL_MAJOR,
            (byte) 'V',
            (byte) 'U',
            n,
            team.caller().da.at(a, 0, 0),
            a.leading(),
            team.caller().db.at(values, 0, 0),
            team.caller().dc.at(scratch.address()),
            work,
            integers.at(scratch.address() + (long) work * Double.BYTES),
            integerWork);
    if (info != 0) {
      throw new ArithmeticException(
          "eigenSymmetric of " + a.describe() + " did not converge (dsyevd returned " + info + ")");
    }
    // LAPACK leaves the eigenvectors in columns of a column-major matrix: rows of ours
    mirror.transpose(a);
  }

  private static long work(long n) {
    return 1 + n * (6 + 2 * n);
  }

  private static long integerWork(long n) {
    return 3 + 5 * n;
  }

  /** Bytes of scratch for n rows, kept until a larger matrix or the end. */
  static long scratchBytes(int n) {
    return Double.BYTES * (work(n) + (integerWork(n) + 1) / 2);
  }

  void close() {
    if (scratch != null) {
      memory.release(scratch);
    }
  }

  private void reserve(long elements) {
    if (scratch != null && scratch.bytes() >= elements * Double.BYTES) {
      return;
    }
    if (scratch != null) {
      memory.release(scratch);
      scratch = null;
    }
    scratch = memory.reserve(Precision.FLOAT64, elements, "scratch of eigenSymmetric");
  }

  /** A pointer to integers that can be set without making a new object. */
  private static final class Ints extends IntPointer {
    Ints at(long newAddress) {
      this.address = newAddress;
      return this;
    }
  }
}
