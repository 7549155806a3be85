package org.richkernel.compute.cpu;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;

/** phi = f(h) and its derivative with a kink resolved under a pull, on float tiles. */
final class SlidingActivation extends TiledTask {
  private final WorkerTeam team;
  private Activation f;
  private CpuMatrix h;
  private CpuMatrix pull;
  private CpuMatrix reach;
  private CpuMatrix phi;
  private CpuMatrix slope;

  SlidingActivation(WorkerTeam team) {
    this.team = team;
  }

  void apply(
      Activation activation,
      CpuMatrix input,
      CpuMatrix pulls,
      CpuMatrix columnReach,
      CpuMatrix output,
      CpuMatrix derivative) {
    Operands.precision("activateSliding", Precision.FLOAT32, input);
    Operands.precision("activateSliding", Precision.FLOAT32, columnReach);
    Operands.alike("activateSliding", input, pulls);
    Operands.alike("activateSliding", input, output);
    Operands.alike("activateSliding", input, derivative);
    Operands.shape("activateSliding", columnReach, 1, input.columns());
    f = activation;
    h = input;
    pull = pulls;
    reach = columnReach;
    phi = output;
    slope = derivative;
    byRows(input);
    team.run(this);
  }

  @Override
  void tile(Worker w, int piece, int row, long column, int n) {
    h.read(h.at(row, column), w.f0, n);
    if (f.hasKink()) {
      reach.read(column, w.f1, n);
      pull.read(pull.at(row, column), w.f2, n);
    }
    f.applySliding(w.f0, w.f1, w.f2, n);
    phi.write(phi.at(row, column), w.f0, n);
    slope.write(slope.at(row, column), w.f2, n);
  }
}
