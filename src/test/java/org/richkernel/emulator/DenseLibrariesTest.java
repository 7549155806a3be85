package org.richkernel.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.richkernel.emulator.DeviceSession.check;

import java.util.Arrays;
import java.util.Random;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasStatus;
import jcuda.jcusolver.JCusolver;
import jcuda.jcusolver.JCusolverDn;
import jcuda.jcusolver.cusolverDnHandle;
import jcuda.jcusolver.cusolverEigMode;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The emulated cuBLAS and cuSOLVER against Commons Math. */
@OnEmulatedDevice
class DenseLibrariesTest {

  private static final int N = 0;
  private static final int T = 1;
  private static final int LOWER = 0;
  private static final int UPPER = 1;

  private final Random random = new Random(11);
  private DeviceSession session;
  private cublasHandle blas;
  private cusolverDnHandle solver;

  @BeforeEach
  void open() {
    session = new DeviceSession();
    JCublas2.setExceptionsEnabled(false);
    JCusolver.setExceptionsEnabled(false);
    blas = new cublasHandle();
    assertThat(JCublas2.cublasCreate(blas)).isZero();
    solver = new cusolverDnHandle();
    assertThat(JCusolverDn.cusolverDnCreate(solver)).isZero();
  }

  @AfterEach
  void close() {
    assertThat(JCusolverDn.cusolverDnDestroy(solver)).isZero();
    assertThat(JCublas2.cublasDestroy(blas)).isZero();
    session.close();
  }

  @Test
  void operandOnAnotherDeviceIsRefused() {
    EmulatedDevice.setDevices(2);
    CUdevice other = new CUdevice();
    CUcontext context = new CUcontext();
    check(JCudaDriver.cuDeviceGet(other, 1));
    check(JCudaDriver.cuDevicePrimaryCtxRetain(context, other));
    check(JCudaDriver.cuCtxPushCurrent(context));
    CUdeviceptr elsewhere = session.upload(1.0, 2.0);
    check(JCudaDriver.cuCtxPopCurrent(new CUcontext()));
    CUdeviceptr here = session.upload(3.0, 4.0);
    int status = JCublas2.cublasDtrsm(blas, 0, UPPER, N, 0, 1, 1, scalar(1), elsewhere, 1, here, 1);
    assertThat(status).isNotZero();
    assertThat(EmulatedDevice.lastReport())
        .contains("cublasDtrsm")
        .contains("lies on device 1, the call is for device 0");
    // the fault has spoilt the context of this test's handles
    EmulatedDevice.reset();
    EmulatedDevice.setDevices(1);
    open();
  }

  private RealMatrix randomMatrix(int rows, int columns) {
    RealMatrix matrix = new Array2DRowRealMatrix(rows, columns);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        matrix.setEntry(i, j, random.nextGaussian());
      }
    }
    return matrix;
  }

  private RealMatrix randomSpd(int n) {
    RealMatrix x = randomMatrix(n, n + 5);
    return x.multiply(x.transpose()).add(MatrixUtils.createRealIdentityMatrix(n));
  }

  /** Column-major with rows beyond the matrix filled with {@code -7}. */
  private static double[] columns(RealMatrix m, int stride) {
    double[] values = new double[stride * m.getColumnDimension()];
    Arrays.fill(values, -7);
    for (int j = 0; j < m.getColumnDimension(); j++) {
      for (int i = 0; i < m.getRowDimension(); i++) {
        values[j * stride + i] = m.getEntry(i, j);
      }
    }
    return values;
  }

  private static RealMatrix matrix(double[] values, int rows, int columns, int stride) {
    RealMatrix m = new Array2DRowRealMatrix(rows, columns);
    for (int j = 0; j < columns; j++) {
      for (int i = 0; i < rows; i++) {
        m.setEntry(i, j, values[j * stride + i]);
      }
    }
    return m;
  }

  private static void assertClose(RealMatrix actual, RealMatrix expected, double tolerance) {
    assertThat(actual.subtract(expected).getNorm() / Math.max(1, expected.getNorm()))
        .isLessThan(tolerance);
  }

  private static Pointer scalar(double value) {
    return Pointer.to(new double[] {value});
  }

  private static float[] narrow(double[] values) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      narrow[i] = (float) values[i];
    }
    return narrow;
  }

  @Test
  void dgemmMatchesCommonsMathForAllTransposesAndOddShapes() {
    int[][] shapes = {{1, 1, 1}, {7, 5, 3}, {130, 67, 259}, {33, 128, 1}};
    for (int[] shape : shapes) {
      for (int ta : new int[] {N, T}) {
        for (int tb : new int[] {N, T}) {
          int m = shape[0];
          int n = shape[1];
          int k = shape[2];
          RealMatrix a = ta == N ? randomMatrix(m, k) : randomMatrix(k, m);
          RealMatrix b = tb == N ? randomMatrix(k, n) : randomMatrix(n, k);
          RealMatrix c = randomMatrix(m, n);
          int lda = a.getRowDimension() + 2;
          int ldb = b.getRowDimension() + 1;
          int ldc = m + 3;
          CUdeviceptr onDevice = session.upload(columns(c, ldc));
          assertThat(
                  JCublas2.cublasDgemm(
                      blas,
                      ta,
                      tb,
                      m,
                      n,
                      k,
                      scalar(1.5),
                      session.upload(columns(a, lda)),
                      lda,
                      session.upload(columns(b, ldb)),
                      ldb,
                      scalar(-0.5),
                      onDevice,
                      ldc))
              .isZero();
          RealMatrix expected =
              (ta == N ? a : a.transpose())
                  .multiply(tb == N ? b : b.transpose())
                  .scalarMultiply(1.5)
                  .subtract(c.scalarMultiply(0.5));
          double[] got = session.doubles(onDevice, ldc * n);
          assertClose(matrix(got, m, n, ldc), expected, 1e-14);
          assertThat(got[ldc - 1]).as("rows between the columns stay").isEqualTo(-7);
        }
      }
    }
  }

  @Test
  void sgemmMatchesCommonsMathWithinFloat32() {
    RealMatrix a = randomMatrix(70, 90);
    RealMatrix b = randomMatrix(90, 41);
    CUdeviceptr c = session.allocate(70 * 41 * 4);
    assertThat(
            JCublas2.cublasSgemm(
                blas,
                N,
                N,
                70,
                41,
                90,
                Pointer.to(new float[] {1}),
                session.upload(narrow(columns(a, 70))),
                70,
                session.upload(narrow(columns(b, 90))),
                90,
                Pointer.to(new float[] {0}),
                c,
                70))
        .isZero();
    float[] got = session.floats(c, 70 * 41);
    double[] wide = new double[got.length];
    for (int i = 0; i < got.length; i++) {
      wide[i] = got[i];
    }
    assertClose(matrix(wide, 70, 41, 70), a.multiply(b), 1e-6);
    assertThat(EmulatedDevice.counter("flops")).isEqualTo(2L * 70 * 41 * 90);
  }

  @Test
  void syrkFillsOneTriangleAndLeavesTheOther() {
    for (int uplo : new int[] {LOWER, UPPER}) {
      for (int trans : new int[] {N, T}) {
        int n = 150;
        int k = 40;
        RealMatrix a = trans == N ? randomMatrix(n, k) : randomMatrix(k, n);
        CUdeviceptr c = session.upload(columns(randomMatrix(n, n).scalarMultiply(0), n));
        assertThat(
                JCublas2.cublasDsyrk(
                    blas,
                    uplo,
                    trans,
                    n,
                    k,
                    scalar(2),
                    session.upload(columns(a, a.getRowDimension())),
                    a.getRowDimension(),
                    scalar(1),
                    c,
                    n))
            .isZero();
        RealMatrix full = trans == N ? a.multiply(a.transpose()) : a.transpose().multiply(a);
        RealMatrix got = matrix(session.doubles(c, n * n), n, n, n);
        for (int i = 0; i < n; i++) {
          for (int j = 0; j < n; j++) {
            boolean inside = uplo == LOWER ? i >= j : i <= j;
            full.multiplyEntry(i, j, inside ? 2 : 0);
          }
        }
        assertClose(got, full, 1e-14);
      }
    }
  }

  @Test
  void trsmSolvesForEverySideTriangleAndTranspose() {
    int m = 90;
    int n = 70;
    for (int side : new int[] {0, 1}) {
      for (int uplo : new int[] {LOWER, UPPER}) {
        for (int trans : new int[] {N, T}) {
          int order = side == 0 ? m : n;
          RealMatrix triangle = new Array2DRowRealMatrix(order, order);
          for (int i = 0; i < order; i++) {
            triangle.setEntry(i, i, 3 + random.nextDouble());
            for (int j = 0; j < i; j++) {
              double value = random.nextGaussian() / order;
              triangle.setEntry(uplo == LOWER ? i : j, uplo == LOWER ? j : i, value);
            }
          }
          RealMatrix b = randomMatrix(m, n);
          CUdeviceptr x = session.upload(columns(b, m));
          assertThat(
                  JCublas2.cublasDtrsm(
                      blas,
                      side,
                      uplo,
                      trans,
                      0,
                      m,
                      n,
                      scalar(2),
                      session.upload(columns(triangle, order)),
                      order,
                      x,
                      m))
              .isZero();
          RealMatrix op = trans == N ? triangle : triangle.transpose();
          RealMatrix solved = matrix(session.doubles(x, m * n), m, n, m);
          RealMatrix back = side == 0 ? op.multiply(solved) : solved.multiply(op);
          assertClose(back, b.scalarMultiply(2), 1e-13);
        }
      }
    }
  }

  @Test
  void geamTransposesAndAdds() {
    RealMatrix a = randomMatrix(6, 9);
    RealMatrix b = randomMatrix(9, 6);
    CUdeviceptr c = session.allocate(54 * 8);
    assertThat(
            JCublas2.cublasDgeam(
                blas,
                T,
                N,
                9,
                6,
                scalar(2),
                session.upload(columns(a, 6)),
                6,
                scalar(-1),
                session.upload(columns(b, 9)),
                9,
                c,
                9))
        .isZero();
    assertClose(
        matrix(session.doubles(c, 54), 9, 6, 9),
        a.transpose().scalarMultiply(2).subtract(b),
        1e-15);
  }

  @Test
  void potrfAndPotrsMatchCommonsMath() {
    for (int uplo : new int[] {LOWER, UPPER}) {
      int n = 150;
      RealMatrix a = randomSpd(n);
      CUdeviceptr factor = session.upload(columns(a, n));
      CUdeviceptr info = session.allocate(4);
      int[] elements = new int[1];
      assertThat(JCusolverDn.cusolverDnDpotrf_bufferSize(solver, uplo, n, factor, n, elements))
          .isZero();
      CUdeviceptr work = session.allocate(8L * elements[0]);
      assertThat(JCusolverDn.cusolverDnDpotrf(solver, uplo, n, factor, n, work, elements[0], info))
          .isZero();
      assertThat(session.integer(info)).isZero();
      RealMatrix expected = new CholeskyDecomposition(a).getL();
      RealMatrix got = matrix(session.doubles(factor, n * n), n, n, n);
      RealMatrix lower = uplo == LOWER ? got : got.transpose();
      for (int i = 0; i < n; i++) {
        for (int j = i + 1; j < n; j++) {
          lower.setEntry(i, j, 0);
        }
      }
      assertClose(lower, expected, 1e-13);

      RealMatrix b = randomMatrix(n, 3);
      CUdeviceptr x = session.upload(columns(b, n));
      assertThat(JCusolverDn.cusolverDnDpotrs(solver, uplo, n, 3, factor, n, x, n, info)).isZero();
      assertClose(
          matrix(session.doubles(x, n * 3), n, 3, n),
          new LUDecomposition(a).getSolver().solve(b),
          1e-10);
    }
  }

  @Test
  void potrfNamesTheLeadingMinorThatIsNotPositive() {
    RealMatrix a = MatrixUtils.createRealIdentityMatrix(100);
    a.setEntry(76, 76, -1);
    CUdeviceptr factor = session.upload(columns(a, 100));
    CUdeviceptr info = session.allocate(4);
    int[] elements = new int[1];
    JCusolverDn.cusolverDnDpotrf_bufferSize(solver, LOWER, 100, factor, 100, elements);
    CUdeviceptr work = session.allocate(8L * elements[0]);
    assertThat(
            JCusolverDn.cusolverDnDpotrf(solver, LOWER, 100, factor, 100, work, elements[0], info))
        .isZero();
    assertThat(session.integer(info)).isEqualTo(77);
  }

  @Test
  void syevdMatchesCommonsMath() {
    for (int uplo : new int[] {LOWER, UPPER}) {
      for (int n : new int[] {1, 2, 5, 60}) {
        RealMatrix a = randomMatrix(n, n);
        a = a.add(a.transpose());
        CUdeviceptr vectors = session.upload(columns(a, n + 1));
        CUdeviceptr values = session.allocate(8L * n);
        CUdeviceptr info = session.allocate(4);
        int job = cusolverEigMode.CUSOLVER_EIG_MODE_VECTOR;
        int[] elements = new int[1];
        assertThat(
                JCusolverDn.cusolverDnDsyevd_bufferSize(
                    solver, job, uplo, n, vectors, n + 1, values, elements))
            .isZero();
        CUdeviceptr work = session.allocate(8L * elements[0]);
        assertThat(
                JCusolverDn.cusolverDnDsyevd(
                    solver, job, uplo, n, vectors, n + 1, values, work, elements[0], info))
            .isZero();
        assertThat(session.integer(info)).isZero();
        double[] expected = new EigenDecomposition(a).getRealEigenvalues();
        Arrays.sort(expected);
        double[] got = session.doubles(values, n);
        for (int i = 0; i < n; i++) {
          assertThat(got[i]).isCloseTo(expected[i], org.assertj.core.data.Offset.offset(1e-11));
        }
        RealMatrix q = matrix(session.doubles(vectors, (n + 1) * n), n, n, n + 1);
        assertClose(q.transpose().multiply(q), MatrixUtils.createRealIdentityMatrix(n), 1e-12);
        assertClose(
            q.multiply(MatrixUtils.createRealDiagonalMatrix(got)).multiply(q.transpose()),
            a,
            1e-12);
      }
    }
  }

  @Test
  void degenerateSpectrumKeepsOrthogonalEigenvectors() {
    int n = 40;
    RealMatrix ones = new Array2DRowRealMatrix(n, n).scalarAdd(1);
    CUdeviceptr vectors = session.upload(columns(ones, n));
    CUdeviceptr values = session.allocate(8L * n);
    CUdeviceptr info = session.allocate(4);
    int[] elements = new int[1];
    JCusolverDn.cusolverDnDsyevd_bufferSize(solver, 1, LOWER, n, vectors, n, values, elements);
    CUdeviceptr work = session.allocate(8L * elements[0]);
    assertThat(
            JCusolverDn.cusolverDnDsyevd(
                solver, 1, LOWER, n, vectors, n, values, work, elements[0], info))
        .isZero();
    assertThat(session.doubles(values, n)[n - 1])
        .isCloseTo(n, org.assertj.core.data.Offset.offset(1e-12));
    RealMatrix q = matrix(session.doubles(vectors, n * n), n, n, n);
    assertClose(q.transpose().multiply(q), MatrixUtils.createRealIdentityMatrix(n), 1e-12);
  }

  /** Doubles at a multiple of four bytes. */
  @Test
  void misalignedOperandIsCaught() {
    CUdeviceptr a = session.upload(new double[10]).withByteOffset(4);
    CUdeviceptr c = session.upload(new double[9]);
    assertThat(JCublas2.cublasDgemm(blas, N, N, 3, 3, 3, scalar(1), a, 3, a, 3, scalar(0), c, 3))
        .isEqualTo(cublasStatus.CUBLAS_STATUS_EXECUTION_FAILED);
    assertThat(EmulatedDevice.lastReport())
        .contains("cublasDgemm_v2, operand A")
        .contains("no multiple of 8 bytes");
  }

  @Test
  void misalignedWorkspaceIsRefused() {
    CUdeviceptr space = session.allocate(1024);
    assertThat(JCublas2.cublasSetWorkspace(blas, space, 1024)).isZero();
    assertThat(JCublas2.cublasSetWorkspace(blas, space.withByteOffset(128), 512))
        .isEqualTo(cublasStatus.CUBLAS_STATUS_INVALID_VALUE);
  }

  @Test
  void operandThatDoesNotFitItsAllocationIsCaught() {
    CUdeviceptr a = session.upload(new double[9]);
    CUdeviceptr c = session.allocate(8 * 8);
    assertThat(JCublas2.cublasDgemm(blas, N, N, 3, 3, 3, scalar(1), a, 3, a, 3, scalar(0), c, 3))
        .isEqualTo(cublasStatus.CUBLAS_STATUS_EXECUTION_FAILED);
    assertThat(EmulatedDevice.lastReport())
        .contains("cublasDgemm_v2, operand C of 3 x 3")
        .contains("column 2")
        .contains("run over the end of allocation #2 of 64 bytes");
  }

  @Test
  void operandThatWasNeverWrittenIsCaught() {
    CUdeviceptr a = session.allocate(9 * 8);
    check(JCudaDriver.cuMemsetD8(a, (byte) 0, 70));
    CUdeviceptr c = session.allocate(9 * 8);
    assertThat(JCublas2.cublasDgemm(blas, N, N, 3, 3, 3, scalar(1), a, 3, a, 3, scalar(0), c, 3))
        .isEqualTo(cublasStatus.CUBLAS_STATUS_EXECUTION_FAILED);
    assertThat(EmulatedDevice.lastReport()).contains("operand A").contains("uninitialised read");
  }
}
