package org.richkernel.bayes.critical;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StateForm;

/**
 * Solution of the forward-backward equations by one set of samples.
 *
 * @param kernels C^l, l = 0 .. L
 * @param conjugate Ct^l; empty at 0
 * @param dual V, P x K
 * @param predictions at other points, Q x K
 * @param residual mismatch of the last pass relative to the change of the kernels
 * @param effectiveShare smallest effective fraction of the samples over the layers
 * @param tilt largest growth rate of the tilt over the layers
 * @param passes down and up through the layers
 */
@SuppressWarnings("ArrayRecordComponent")
record SolvedReplica(
    List<double[]> kernels,
    List<double[]> conjugate,
    double[] dual,
    double[] predictions,
    double residual,
    double effectiveShare,
    double tilt,
    int passes) {

  /** Replicas in a checkpoint. */
  enum Form implements StateForm<SolvedReplica> {
    /** The only form. */
    FORM;

    @Override
    public void save(SolvedReplica replica, SolverState state) {
      state.put(
          "numbers",
          replica.kernels.size(),
          replica.residual,
          replica.effectiveShare,
          replica.tilt,
          replica.passes);
      for (int l = 0; l < replica.kernels.size(); l++) {
        state.put("kernel_" + l, replica.kernels.get(l));
        state.put("conjugate_" + l, replica.conjugate.get(l));
      }
      state.put("dual", replica.dual).put("predictions", replica.predictions);
    }

    @Override
    public SolvedReplica restore(SolverState state) {
      double[] numbers = state.doubles("numbers");
      List<double[]> kernels = new ArrayList<>();
      List<double[]> conjugate = new ArrayList<>();
      for (int l = 0; l < (int) numbers[0]; l++) {
        kernels.add(state.doubles("kernel_" + l));
        conjugate.add(state.doubles("conjugate_" + l));
      }
      return new SolvedReplica(
          kernels,
          conjugate,
          state.doubles("dual"),
          state.doubles("predictions"),
          numbers[1],
          numbers[2],
          numbers[3],
          (int) numbers[4]);
    }
  }
}
