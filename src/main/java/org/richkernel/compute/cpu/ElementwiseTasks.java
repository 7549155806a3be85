package org.richkernel.compute.cpu;

import java.util.Arrays;
import org.richkernel.compute.Operands;

/** Elementwise updates of one or two matrices. */
final class ElementwiseTasks {
  private ElementwiseTasks() {}

  /** Every element = value. */
  static final class Fill extends TiledTask {
    private final WorkerTeam team;
    private double value;
    private CpuMatrix x;

    Fill(WorkerTeam team) {
      this.team = team;
    }

    void run(double newValue, CpuMatrix target) {
      value = newValue;
      x = target;
      frame(target);
      team.run(this);
    }

    @Override
    void tile(Worker w, int piece, int row, long column, int n) {
      if (x.isSingle()) {
        Arrays.fill(w.f0, 0, n, (float) value);
        x.write(x.at(row, column), w.f0, n);
      } else {
        Arrays.fill(w.d0, 0, n, value);
        x.write(x.at(row, column), w.d0, n);
      }
    }
  }

  /** target = source, converting where the precisions differ. */
  static final class Copy extends TiledTask {
    private final WorkerTeam team;
    private CpuMatrix x;
    private CpuMatrix y;

    Copy(WorkerTeam team) {
      this.team = team;
    }

    void run(CpuMatrix source, CpuMatrix target) {
      Operands.sameShape("copy", source, target);
      x = source;
      y = target;
      frame(source, target);
      team.run(this);
    }

    @Override
    void tile(Worker w, int piece, int row, long column, int n) {
      if (x.precision() == y.precision()) {
        y.copyFrom(x, x.at(row, column), y.at(row, column), n);
      } else if (x.isSingle()) {
        x.read(x.at(row, column), w.f0, n);
        Loops.widen(w.f0, w.d0, n);
        y.write(y.at(row, column), w.d0, n);
      } else {
        x.read(x.at(row, column), w.d0, n);
        Loops.narrow(w.d0, w.f0, n);
        y.write(y.at(row, column), w.f0, n);
      }
    }
  }

  /** y = alpha x + y. */
  static final class Axpy extends TiledTask {
    private final WorkerTeam team;
    private double alpha;
    private CpuMatrix x;
    private CpuMatrix y;

    Axpy(WorkerTeam team) {
      this.team = team;
    }

    void run(double factor, CpuMatrix source, CpuMatrix target) {
      Operands.alike("axpy", source, target);
      alpha = factor;
      x = source;
      y = target;
      frame(source, target);
      team.run(this);
    }

    @Override
    void tile(Worker w, int piece, int row, long column, int n) {
      if (x.isSingle()) {
        x.read(x.at(row, column), w.f0, n);
        y.read(y.at(row, column), w.f1, n);
        Loops.axpy((float) alpha, w.f0, w.f1, n);
        y.write(y.at(row, column), w.f1, n);
      } else {
        x.read(x.at(row, column), w.d0, n);
        y.read(y.at(row, column), w.d1, n);
        Loops.axpy(alpha, w.d0, w.d1, n);
        y.write(y.at(row, column), w.d1, n);
      }
    }
  }

  /** x = alpha x. */
  static final class Scale extends TiledTask {
    private final WorkerTeam team;
    private double alpha;
    private CpuMatrix x;

    Scale(WorkerTeam team) {
      this.team = team;
    }

    void run(double factor, CpuMatrix target) {
      alpha = factor;
      x = target;
      frame(target);
      team.run(this);
    }

    @Override
    void tile(Worker w, int piece, int row, long column, int n) {
      if (x.isSingle()) {
        x.read(x.at(row, column), w.f0, n);
        Loops.scale((float) alpha, w.f0, n);
        x.write(x.at(row, column), w.f0, n);
      } else {
        x.read(x.at(row, column), w.d0, n);
        Loops.scale(alpha, w.d0, n);
        x.write(x.at(row, column), w.d0, n);
      }
    }
  }

  /** y = x o y. */
  static final class Multiply extends TiledTask {
    private final WorkerTeam team;
    private CpuMatrix x;
    private CpuMatrix y;

    Multiply(WorkerTeam team) {
      this.team = team;
    }

    void run(CpuMatrix source, CpuMatrix target) {
      Operands.alike("multiply", source, target);
      x = source;
      y = target;
      frame(source, target);
      team.run(this);
    }

    @Override
    void tile(Worker w, int piece, int row, long column, int n) {
      if (x.isSingle()) {
        x.read(x.at(row, column), w.f0, n);
        y.read(y.at(row, column), w.f1, n);
        Loops.multiply(w.f0, w.f1, n);
        y.write(y.at(row, column), w.f1, n);
      } else {
        x.read(x.at(row, column), w.d0, n);
        y.read(y.at(row, column), w.d1, n);
        Loops.multiply(w.d0, w.d1, n);
        y.write(y.at(row, column), w.d1, n);
      }
    }
  }

  /** A_ij = w_i A_ij. */
  static final class ScaleRows extends TiledTask {
    private final WorkerTeam team;
    private CpuMatrix weights;
    private CpuMatrix a;

    ScaleRows(WorkerTeam team) {
      this.team = team;
    }

    void run(CpuMatrix rowWeights, CpuMatrix target) {
      Operands.shape("scaleRows", rowWeights, target.rows(), 1);
      Operands.samePrecision("scaleRows", rowWeights, target);
      weights = rowWeights;
      a = target;
      byRows(target);
      team.run(this);
    }

    @Override
    void tile(Worker w, int piece, int row, long column, int n) {
      if (a.isSingle()) {
        weights.read(weights.at(row, 0), w.f1, 1);
        a.read(a.at(row, column), w.f0, n);
        Loops.scale(w.f1[0], w.f0, n);
        a.write(a.at(row, column), w.f0, n);
      } else {
        weights.read(weights.at(row, 0), w.d1, 1);
        a.read(a.at(row, column), w.d0, n);
        Loops.scale(w.d1[0], w.d0, n);
        a.write(a.at(row, column), w.d0, n);
      }
    }
  }

  /** A_ij = w_j A_ij. */
  static final class ScaleColumns extends TiledTask {
    private final WorkerTeam team;
    private CpuMatrix weights;
    private CpuMatrix a;

    ScaleColumns(WorkerTeam team) {
      this.team = team;
    }

    void run(CpuMatrix columnWeights, CpuMatrix target) {
      Operands.shape("scaleColumns", columnWeights, 1, target.columns());
      Operands.samePrecision("scaleColumns", columnWeights, target);
      weights = columnWeights;
      a = target;
      byRows(target);
      team.run(this);
    }

    @Override
    void tile(Worker w, int piece, int row, long column, int n) {
      if (a.isSingle()) {
        weights.read(column, w.f1, n);
        a.read(a.at(row, column), w.f0, n);
        Loops.multiply(w.f1, w.f0, n);
        a.write(a.at(row, column), w.f0, n);
      } else {
        weights.read(column, w.d1, n);
        a.read(a.at(row, column), w.d0, n);
        Loops.multiply(w.d1, w.d0, n);
        a.write(a.at(row, column), w.d0, n);
      }
    }
  }

  /** A kick and the flow of the harmonic oscillator, fused. */
  static final class KickRotate extends TiledTask {
    private final WorkerTeam team;
    private float kick;
    private float tanHalf;
    private float sin;
    private CpuMatrix g;
    private CpuMatrix x;
    private CpuMatrix p;

    KickRotate(WorkerTeam team) {
      this.team = team;
    }

    void run(
        double strength, CpuMatrix force, double angle, CpuMatrix position, CpuMatrix momentum) {
      Operands.alike("kickRotate", force, position);
      Operands.alike("kickRotate", force, momentum);
      Operands.precision("kickRotate", org.richkernel.compute.Precision.FLOAT32, force);
      kick = (float) strength;
      tanHalf = (float) Math.tan(0.5 * angle);
      sin = (float) Math.sin(angle);
      g = force;
      x = position;
      p = momentum;
      frame(force, position, momentum);
      team.run(this);
    }

    @Override
    void tile(Worker w, int piece, int row, long column, int n) {
      g.read(g.at(row, column), w.f0, n);
      x.read(x.at(row, column), w.f1, n);
      p.read(p.at(row, column), w.f2, n);
      Loops.kick(kick, w.f0, w.f2, n);
      Loops.rotate(tanHalf, sin, w.f1, w.f2, n);
      x.write(x.at(row, column), w.f1, n);
      p.write(p.at(row, column), w.f2, n);
    }
  }
}
