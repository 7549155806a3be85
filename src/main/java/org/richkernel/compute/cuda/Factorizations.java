package org.richkernel.compute.cuda;

import static jcuda.jcublas.cublasFillMode.CUBLAS_FILL_MODE_UPPER;
import static jcuda.jcusolver.cusolverEigMode.CUSOLVER_EIG_MODE_VECTOR;

import jcuda.driver.JCudaDriver;
import jcuda.jcusolver.JCusolverDn;
import jcuda.jcusolver.cusolverDnHandle;
import jcuda.jcusolver.cusolverStatus;
import jcuda.runtime.cudaStream_t;
import org.richkernel.compute.BackendUnavailableException;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;

/**
 * Cholesky and symmetric eigenvalue decompositions by cuSOLVER. The lower triangle of a row-major
 * matrix is the upper one of the same memory read by columns.
 */
final class Factorizations implements AutoCloseable {
  /** Ahead of the work space: cuSOLVER's answer, an integer, and from 8 on a count of failures. */
  private static final int ANSWER_BYTES = 256;

  private static final int FAILURES = 8;

  /**
   * Largest n with 1 + 6 n + 2 n^2 < 2^31, the elements of work space that Dsyevd asks for in an
   * int. The 64-bit function has none of this, but JCuda 12.6's binding of its work space query
   * takes a Java array for a pointer and crashes.
   */
  private static final int MOST_EIGENVALUES = 32_766;

  private final CudaSession session;
  private final KernelLauncher launcher;
  private final Products products;
  private final Scratch scratch;
  private final Transfers transfers;
  private final Reductions reductions;
  private final cusolverDnHandle handle = new cusolverDnHandle();
  private final int[] workElements = new int[1];
  private int choleskyRows;
  private int choleskyLeading;
  private int choleskyElements;

  Factorizations(
      CudaSession session,
      KernelLauncher launcher,
      Products products,
      Scratch scratch,
      Transfers transfers,
      Reductions reductions) {
    this.session = session;
    this.launcher = launcher;
    this.products = products;
    this.scratch = scratch;
    this.transfers = transfers;
    this.reductions = reductions;
    session.checkCreation(
        JCusolverDn.cusolverDnCreate(handle),
        cusolverStatus.CUSOLVER_STATUS_NOT_INITIALIZED,
        CudaResults::solver,
        "cusolverDnCreate");
    try {
      session.checkSolver(
          JCusolverDn.cusolverDnSetStream(handle, new cudaStream_t(session.compute())),
          "cusolverDnSetStream");
    } catch (RuntimeException e) {
      JCusolverDn.cusolverDnDestroy(handle);
      throw e;
    }
  }

  void cholesky(CudaMatrix a) {
    requireFactorizable(a);
    if (a.isEmpty()) {
      return;
    }
    int elements = choleskyWork(a);
    DevicePointer answers = workspace(elements);
    DevicePointer failures = answers.plus(FAILURES);
    session.check(
        JCudaDriver.cuMemsetD8Async(failures, (byte) 0, Double.BYTES, session.compute()),
        "cuMemsetD8Async");
    factorize(a, answers, elements, failures);
    double found = transfers.fetch(failures, Double.BYTES).getDouble(0);
    if (Double.isNaN(found)) {
      throw new IllegalStateException("cusolverDnDpotrf refused an argument for " + a.describe());
    }
    if (found > 0) {
      throw new NotPositiveDefiniteException(
          a.describe(), Double.NaN, NotPositiveDefiniteException.SCALE_INPUTS);
    }
  }

  void cholesky(CudaMatrix a, CudaMatrix failures) {
    requireFactorizable(a);
    Operands.number("cholesky", failures);
    if (!a.isEmpty()) {
      int elements = choleskyWork(a);
      factorize(a, workspace(elements), elements, failures.pointer());
    }
  }

  private static void requireFactorizable(CudaMatrix a) {
    Operands.square("cholesky", a);
    Operands.precision("cholesky", Precision.FLOAT64, a);
  }

  private void factorize(
      CudaMatrix a, DevicePointer answers, int elements, DevicePointer failures) {
    int n = a.rows();
    session.checkSolver(
        JCusolverDn.cusolverDnDpotrf(
            handle,
            CUBLAS_FILL_MODE_UPPER,
            n,
            a.pointer(),
            a.leading(),
            answers.plus(ANSWER_BYTES),
            elements,
            answers),
        "cusolverDnDpotrf");
    launcher.arguments().add((long) n).add(a).add(answers).add(failures);
    launcher.overRectangle(Kernel.FINISH_CHOLESKY, Precision.FLOAT64, n, n, 1);
  }

  /**
   * One right-hand side is a column in cuSOLVER's sense. Several lie by rows, which cuBLAS solves
   * directly.
   */
  void solveCholesky(CudaMatrix l, CudaMatrix b) {
    Operands.square("solveCholesky", l);
    Operands.precision("solveCholesky", Precision.FLOAT64, l);
    Operands.precision("solveCholesky", Precision.FLOAT64, b);
    if (l.rows() != b.rows()) {
      throw Operands.mismatch("solveCholesky", l, b);
    }
    if (b.isEmpty()) {
      return;
    }
    if (b.columns() > 1 || b.stride() > 1) {
      products.solveTriangular(Side.LEFT, Transpose.NO, 1, l, b);
      products.solveTriangular(Side.LEFT, Transpose.YES, 1, l, b);
      return;
    }
    session.checkSolver(
        JCusolverDn.cusolverDnDpotrs(
            handle,
            CUBLAS_FILL_MODE_UPPER,
            l.rows(),
            1,
            l.pointer(),
            l.leading(),
            b.pointer(),
            b.rows(),
            workspace(0)),
        "cusolverDnDpotrs");
  }

  /**
   * Refuses matrices too large for the work space of Dsyevd.
   *
   * @throws BackendUnavailableException if n is above {@link #MOST_EIGENVALUES}
   */
  static void requireWorkspace(String matrix, int n) {
    if (n > MOST_EIGENVALUES) {
      throw new BackendUnavailableException(
          "cuda",
          "the eigenvalues of "
              + matrix
              + " are wanted, and cuSOLVER counts its work space in 32 bits: at most "
              + MOST_EIGENVALUES
              + " rows",
          "use --backend cpu or fewer points");
    }
  }

  /** Elements of work space; cuSOLVER is asked once where the same shape comes again and again. */
  private int choleskyWork(CudaMatrix a) {
    if (choleskyRows != a.rows() || choleskyLeading != a.leading()) {
      session.checkSolver(
          JCusolverDn.cusolverDnDpotrf_bufferSize(
              handle, CUBLAS_FILL_MODE_UPPER, a.rows(), a.pointer(), a.leading(), workElements),
          "cusolverDnDpotrf_bufferSize");
      choleskyElements = workElements[0];
      choleskyRows = a.rows();
      choleskyLeading = a.leading();
    }
    return choleskyElements;
  }

  void eigenSymmetric(CudaMatrix a, CudaMatrix values) {
    Operands.square("eigenSymmetric", a);
    Operands.precision("eigenSymmetric", Precision.FLOAT64, a);
    Operands.precision("eigenSymmetric", Precision.FLOAT64, values);
    int n = a.rows();
    Operands.shape("eigenSymmetric", values, 1, n);
    if (n == 0) {
      return;
    }
    requireWorkspace(a.describe(), n);
    // the iteration may not end on NaN or infinity
    if (reductions.countNonfinite(a) > 0) {
      throw new ArithmeticException("eigenSymmetric: " + a.describe() + " holds NaN or infinity");
    }
    session.checkSolver(
        JCusolverDn.cusolverDnDsyevd_bufferSize(
            handle,
            CUSOLVER_EIG_MODE_VECTOR,
            CUBLAS_FILL_MODE_UPPER,
            n,
            a.pointer(),
            a.leading(),
            values.pointer(),
            workElements),
        "cusolverDnDsyevd_bufferSize");
    DevicePointer answers = workspace(workElements[0]);
    session.checkSolver(
        JCusolverDn.cusolverDnDsyevd(
            handle,
            CUSOLVER_EIG_MODE_VECTOR,
            CUBLAS_FILL_MODE_UPPER,
            n,
            a.pointer(),
            a.leading(),
            values.pointer(),
            answers.plus(ANSWER_BYTES),
            workElements[0],
            answers),
        "cusolverDnDsyevd");
    int info = transfers.fetch(answers, Integer.BYTES).getInt(0);
    if (info != 0) {
      throw new ArithmeticException(
          "eigenSymmetric of "
              + a.describe()
              + " did not converge (cusolverDnDsyevd returned "
              + info
              + ")");
    }
    // the eigenvectors lie in columns of a column-major matrix: rows of ours
    launcher.arguments().add((long) n).add(a);
    launcher.overTiles(Kernel.TRANSPOSE, Precision.FLOAT64, n, n);
  }

  /** Bytes of work space for the eigenvectors of n rows. */
  static long eigenScratchBytes(long n) {
    return ANSWER_BYTES + Double.BYTES * (1 + 6 * n + 2 * n * n);
  }

  private DevicePointer workspace(int elements) {
    return scratch.take(Scratch.Purpose.SOLVER, ANSWER_BYTES + (long) elements * Double.BYTES);
  }

  @Override
  public void close() {
    int status = JCusolverDn.cusolverDnDestroy(handle);
    if (!session.isLost()) {
      session.checkSolver(status, "cusolverDnDestroy");
    }
  }
}
