package org.richkernel.compute.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendContract;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;

class CpuBackendTest extends BackendContract {
  @Override
  protected Backend open(BackendOptions options) {
    return Backends.open("cpu", options, line -> {});
  }

  @Test
  void operationsAllocateNothingOnTheHeapOnceShapesWereSeen() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    CpuBackend b = (CpuBackend) backend();
    try (Operations operations = new Operations(b)) {
      for (int i = 0; i < 10; i++) {
        operations.run();
      }
      long[] helpers = b.helperThreadIds();
      assertThat(helpers).hasSize(1);
      long self = Thread.currentThread().getId();
      int runs = 10;
      long own = Long.MAX_VALUE;
      long helper = Long.MAX_VALUE;
      // code that is not compiled yet may allocate; what always allocates does so every time
      for (int attempt = 0; attempt < 20 && Math.max(own, helper) >= 16L * runs; attempt++) {
        long ownBefore = threads.getThreadAllocatedBytes(self);
        long helperBefore = threads.getThreadAllocatedBytes(helpers[0]);
        for (int i = 0; i < runs; i++) {
          operations.run();
        }
        own = Math.min(own, threads.getThreadAllocatedBytes(self) - ownBefore);
        helper = Math.min(helper, threads.getThreadAllocatedBytes(helpers[0]) - helperBefore);
      }
      // the smallest object has 16 bytes, so one for each run would show
      assertThat(own).isLessThan(16L * runs);
      assertThat(helper).isLessThan(16L * runs);
    }
  }

  /**
   * Every operation of the facade that works on matrices, on shapes that are split over threads.
   */
  private static final class Operations implements AutoCloseable {
    private static final int S = 450;
    private static final int P = 130;
    private final Backend b;
    private final Matrix x;
    private final Matrix y;
    private final Matrix z;
    private final Matrix v;
    private final Matrix rows;
    private final Matrix columns;
    private final Matrix k;
    private final Matrix l;
    private final Matrix m;
    private final Matrix u;
    private final Matrix d;
    private final Matrix w;
    private final Matrix values;
    private final double[] host = new double[S * P];

    Operations(Backend b) {
      this.b = b;
      x = b.allocate(Precision.FLOAT32, S, P, "x");
      y = b.allocate(Precision.FLOAT32, S, P, "y");
      z = b.allocate(Precision.FLOAT32, S, P, "z");
      v = b.allocate(Precision.FLOAT32, P, 1, "v");
      rows = b.allocate(Precision.FLOAT32, S, 1, "rows");
      columns = b.allocate(Precision.FLOAT32, 1, P, "columns");
      k = b.allocate(Precision.FLOAT64, S, S, "k");
      l = b.allocate(Precision.FLOAT64, S, S, "l");
      m = b.allocate(Precision.FLOAT64, S, S, "m");
      u = b.allocate(Precision.FLOAT64, S, 1, "u");
      d = b.allocate(Precision.FLOAT64, P, P, "d");
      w = b.allocate(Precision.FLOAT64, P, 1, "w");
      values = b.allocate(Precision.FLOAT64, 1, P, "values");
    }

    double run() {
      b.fillGaussian(1, 2, 3, x);
      b.fillUniform(1, 2, 3, v);
      for (Activation f : ACTIVATIONS) {
        b.activate(f, x, y);
        b.activateWithDerivative(f, x, y, z);
        b.activateSliding(f, x, y, columns, y, z);
      }
      b.backProject(0.1, y, z, v, z);
      b.kickRotate(0.1, z, 0.2, x, y);
      b.axpy(0.5, x, y);
      b.scale(0.5, y);
      b.multiply(x, y);
      b.rowDot(x, y, rows);
      b.scaleRows(rows, y);
      b.fill(0.3, columns);
      b.scaleColumns(columns, y);
      b.copy(x, z);
      b.gram(1.0 / S, x, 0, d);
      b.addDiagonal(1, d);
      b.crossGram(1.0 / S, x, y, 0.1, d);
      b.mirroredCrossGram(1.0 / S, x, y, 0.1, d);
      b.gram(1.0 / S, x, 0, d);
      b.fill(1, w);
      b.dualActivation(Activation.RELU, d, w, w, d, d);
      b.dualSeries(w, w, d, d, d);
      b.gram(1.0 / S, x, 0, d);
      b.eigenSymmetric(d, values);
      b.download(x, host);
      b.upload(host, x);
      b.fill(0, k);
      b.fill(0.001, l);
      b.gemm(Transpose.NO, Transpose.YES, 1, l, l, 0, k);
      b.syrk(Transpose.NO, 1, l, 0, k);
      b.addDiagonal(1, k);
      b.cholesky(k);
      b.solveTriangular(Side.RIGHT, Transpose.YES, 1, k, l);
      b.solveCholesky(k, l);
      b.solveCholesky(k, u);
      b.multiplyTriangular(Transpose.YES, 1, l, k, m);
      b.synchronize();
      return b.logDeterminant(k) + b.sum(y) + b.dot(x, y);
    }

    private static final Activation[] ACTIVATIONS = Activation.all().toArray(Activation[]::new);

    @Override
    public void close() {
      for (Matrix each : new Matrix[] {x, y, z, v, rows, columns, k, l, m, u, d, w, values}) {
        each.close();
      }
    }
  }

  @Test
  void scratchIsCountedAndFreed() {
    Backend b = open(new BackendOptions(2, Long.MAX_VALUE));
    try (Matrix x = b.allocate(Precision.FLOAT32, 3000, 10, "x");
        Matrix c = b.allocate(Precision.FLOAT64, 10, 10, "c")) {
      long matrices = b.allocatedBytes();
      assertThat(matrices).isEqualTo(3000 * 10 * 4 + 10 * 10 * 8);
      b.gram(1, x, 0, c);
      assertThat(b.allocatedBytes()).isGreaterThan(matrices);
    }
    b.close();
    assertThat(b.allocatedBytes()).isZero();
  }
}
