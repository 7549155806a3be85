package org.richkernel.compute.cpu;

import static org.bytedeco.openblas.global.openblas_full.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_full.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_full.CblasTrans;
import static org.bytedeco.openblas.global.openblas_full.cblas_sgemm;
import static org.bytedeco.openblas.global.openblas_full.cblas_sgemv;

import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;

/**
 * out = scale slope o ((phi V) V^T), panel by panel, so that a panel is read once from memory and
 * stays in the second-level cache between the two products.
 */
final class BackProjection {
  private static final int PANEL_ELEMENTS = 1 << 15;

  private final WorkerTeam team;
  private final CpuMemory memory;
  private final Panels panels = new Panels();
  private NativeBlock scratch;

  BackProjection(WorkerTeam team, CpuMemory memory) {
    this.team = team;
    this.memory = memory;
  }

  void run(double scale, CpuMatrix phi, CpuMatrix slope, CpuMatrix v, CpuMatrix out) {
    Operands.precision("backProject", Precision.FLOAT32, phi);
    Operands.alike("backProject", phi, slope);
    Operands.alike("backProject", phi, out);
    Operands.samePrecision("backProject", phi, v);
    Operands.shape("backProject", v, phi.columns(), v.columns());
    panels.scale = (float) scale;
    panels.phi = phi;
    panels.slope = slope;
    panels.v = v;
    panels.out = out;
    int p = phi.columns();
    panels.rows = Math.max(8, PANEL_ELEMENTS / Math.max(1, p));
    panels.projected = (long) panels.rows * v.columns();
    panels.perWorker = panels.projected + (v.columns() == 1 ? p : (long) panels.rows * p);
    reserve(panels.perWorker * team.threads());
    team.run(panels);
  }

  void close() {
    if (scratch != null) {
      memory.release(scratch);
    }
  }

  private void reserve(long elements) {
    if (scratch != null && scratch.bytes() >= elements * Float.BYTES) {
      return;
    }
    if (scratch != null) {
      memory.release(scratch);
      scratch = null;
    }
    scratch = memory.reserve(Precision.FLOAT32, elements, "scratch of backProject");
  }

  private final class Panels implements Task {
    private float scale;
    private CpuMatrix phi;
    private CpuMatrix slope;
    private CpuMatrix v;
    private CpuMatrix out;
    private int rows;
    private long projected;
    private long perWorker;

    @Override
    public int pieces() {
      return (int) (((long) phi.rows() + rows - 1) / rows);
    }

    @Override
    public void run(int piece, Worker w) {
      int first = piece * rows;
      int count = Math.min(rows, phi.rows() - first);
      if (v.columns() == 1) {
        rankOne(w, first, count);
      } else {
        rankMany(w, first, count);
      }
    }

    /** t = phi v, then out_si = (scale t_s) slope_si v_i. */
    private void rankOne(Worker w, int first, int count) {
      int p = phi.columns();
      long t = w.index * perWorker;
      cblas_sgemv(
          CblasRowMajor,
          CblasNoTrans,
          count,
          p,
          scale,
          w.a.at(phi, first, 0),
          phi.leading(),
          w.b.at(v, 0, 0),
          v.leading(),
          0f,
          w.c.at(scratch.address() + t * Float.BYTES),
          1);
      long dense = t + projected;
      for (int i = 0; i < p; i++) {
        v.read(v.at(i, 0), w.f2, 1);
        scratch.write(dense + i, w.f2, 0, 1);
      }
      for (int column = 0; column < p; column += Worker.TILE) {
        int n = Math.min(Worker.TILE, p - column);
        scratch.read(dense + column, w.f1, 0, n);
        for (int s = 0; s < count; s++) {
          scratch.read(t + s, w.f2, 0, 1);
          slope.read(slope.at(first + s, column), w.f0, n);
          Loops.multiplyScaled(w.f2[0], w.f1, w.f0, n);
          out.write(out.at(first + s, column), w.f0, n);
        }
      }
    }

    /** T = phi V and W = T V^T, then out = slope o W. */
    private void rankMany(Worker w, int first, int count) {
      int p = phi.columns();
      int k = v.columns();
      long t = w.index * perWorker;
      long pulled = t + projected;
      if (k > 0 && p > 0) {
        cblas_sgemm(
            CblasRowMajor,
            CblasNoTrans,
            CblasNoTrans,
            count,
            k,
            p,
            scale,
            w.a.at(phi, first, 0),
            phi.leading(),
            w.b.at(v, 0, 0),
            v.leading(),
            0f,
            w.c.at(scratch.address() + t * Float.BYTES),
            k);
      }
      if (p > 0) {
        cblas_sgemm(
            CblasRowMajor,
            CblasNoTrans,
            CblasTrans,
            count,
            p,
            k,
            1f,
            w.a.at(scratch.address() + t * Float.BYTES),
            Math.max(1, k),
            w.b.at(v, 0, 0),
            v.leading(),
            0f,
            w.c.at(scratch.address() + pulled * Float.BYTES),
            p);
      }
      for (int s = 0; s < count; s++) {
        for (int column = 0; column < p; column += Worker.TILE) {
          int n = Math.min(Worker.TILE, p - column);
          scratch.read(pulled + (long) s * p + column, w.f1, 0, n);
          slope.read(slope.at(first + s, column), w.f0, n);
          Loops.multiply(w.f1, w.f0, n);
          out.write(out.at(first + s, column), w.f0, n);
        }
      }
    }
  }
}
