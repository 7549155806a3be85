package org.richkernel.compute.cpu;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;

/** phi_ij = E_z f(h_ij + s_j z), z ~ N(0, 1), on float tiles. */
final class SmoothedActivation extends TiledTask {
  private final WorkerTeam team;
  private Activation f;
  private CpuMatrix h;
  private CpuMatrix deviation;
  private CpuMatrix phi;

  SmoothedActivation(WorkerTeam team) {
    this.team = team;
  }

  void apply(Activation activation, CpuMatrix input, CpuMatrix columnDeviation, CpuMatrix output) {
    Operands.alike("activateSmoothed", input, output);
    Operands.precision("activateSmoothed", Precision.FLOAT32, input);
    Operands.precision("activateSmoothed", Precision.FLOAT32, columnDeviation);
    Operands.shape("activateSmoothed", columnDeviation, 1, input.columns());
    f = activation;
    h = input;
    deviation = columnDeviation;
    phi = output;
    byRows(input);
    team.run(this);
  }

  @Override
  void tile(Worker w, int piece, int row, long column, int n) {
    h.read(h.at(row, column), w.f0, n);
    deviation.read(column, w.f1, n);
    f.applySmoothed(w.f0, w.f1, w.f2, w.f3, n);
    phi.write(phi.at(row, column), w.f0, n);
  }
}
