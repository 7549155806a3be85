package org.richkernel.compute.cpu;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Operands;

/** phi = f(h), with or without slope = f'(h), in one pass. */
final class ActivationTask extends TiledTask {
  private final WorkerTeam team;
  private Activation f;
  private CpuMatrix h;
  private CpuMatrix phi;
  private CpuMatrix slope;

  ActivationTask(WorkerTeam team) {
    this.team = team;
  }

  void apply(Activation activation, CpuMatrix input, CpuMatrix output) {
    Operands.alike("activate", input, output);
    f = activation;
    h = input;
    phi = output;
    slope = null;
    frame(input, output);
    team.run(this);
  }

  void applyWithDerivative(
      Activation activation, CpuMatrix input, CpuMatrix output, CpuMatrix derivative) {
    Operands.alike("activateWithDerivative", input, output);
    Operands.alike("activateWithDerivative", input, derivative);
    f = activation;
    h = input;
    phi = output;
    slope = derivative;
    frame(input, output, derivative);
    team.run(this);
  }

  @Override
  void tile(Worker w, int piece, int row, long column, int n) {
    if (h.isSingle()) {
      h.read(h.at(row, column), w.f0, n);
      singles(w.f0, w.f1, n);
      phi.write(phi.at(row, column), w.f0, n);
      if (slope != null) {
        slope.write(slope.at(row, column), w.f1, n);
      }
    } else {
      h.read(h.at(row, column), w.d0, n);
      doubles(w.d0, w.d1, n);
      phi.write(phi.at(row, column), w.d0, n);
      if (slope != null) {
        slope.write(slope.at(row, column), w.d1, n);
      }
    }
  }

  private void singles(float[] x, float[] d, int n) {
    if (slope != null) {
      f.applyWithSlope(x, d, n);
    } else {
      f.apply(x, n);
    }
  }

  /** Float64 is for references and small problems, so it goes by the definition. */
  private void doubles(double[] x, double[] d, int n) {
    for (int i = 0; i < n; i++) {
      double hi = x[i];
      x[i] = f.value(hi);
      d[i] = f.derivative(hi);
    }
  }
}
