package org.richkernel.limit.fewshot;

import java.util.List;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StateForm;

/**
 * Losses and accuracies of one model over the meta-steps.
 *
 * @param rates of the training
 * @param losses outer loss of each meta-step before it, mean over tasks
 * @param norms of the outer gradients before clipping
 * @param accuracies on every evaluation task, one array for each evaluation; NaN where it diverged
 */
@SuppressWarnings("ArrayRecordComponent")
public record FewShotCurve(
    MetaRates rates, double[] losses, double[] norms, List<double[]> accuracies) {
  /** Takes a copy of the list. */
  public FewShotCurve {
    accuracies = List.copyOf(accuracies);
  }

  /** Whether all numbers are finite. */
  public boolean isFinite() {
    for (double[] of : accuracies) {
      for (double accuracy : of) {
        if (!Double.isFinite(accuracy)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Form of a curve in a checkpoint. */
  enum Form implements StateForm<FewShotCurve> {
    FORM;

    @Override
    public void save(FewShotCurve curve, SolverState state) {
      state
          .put("rates", curve.rates.inner(), curve.rates.meta())
          .put("losses", curve.losses)
          .put("norms", curve.norms)
          .put("evaluations", curve.accuracies.size());
      for (int e = 0; e < curve.accuracies.size(); e++) {
        state.put("accuracy_" + e, curve.accuracies.get(e));
      }
    }

    @Override
    public FewShotCurve restore(SolverState state) {
      List<double[]> accuracies = new java.util.ArrayList<>();
      for (int e = 0; e < (int) state.number("evaluations"); e++) {
        accuracies.add(state.doubles("accuracy_" + e));
      }
      double[] rates = state.doubles("rates");
      return new FewShotCurve(
          new MetaRates(rates[0], rates[1]),
          state.doubles("losses"),
          state.doubles("norms"),
          accuracies);
    }
  }
}
