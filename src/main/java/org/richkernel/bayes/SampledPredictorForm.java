package org.richkernel.bayes;

import java.util.Arrays;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StateForm;

/**
 * Networks of sampled neurons in a checkpoint.
 *
 * @param network that was fitted
 */
public record SampledPredictorForm(NetworkSpec network) implements StateForm<SampledPredictor> {
  private static final String POPULATIONS = "populations";

  @Override
  public void save(SampledPredictor predictor, SolverState state) {
    state.put("numbers", predictor.inputDimension(), predictor.rank(), predictor.restShare());
    state.put("projector", predictor.projector());
    state.put("neurons", predictor.neurons()).put("coefficients", predictor.coefficients());
    predictor.populations().ifPresent(kept -> state.put(POPULATIONS, of(kept)));
  }

  /** The fields themselves are the neurons. */
  private static SolverState of(Populations kept) {
    return new SolverState()
        .put("numbers", kept.gamma(), kept.kappa(), kept.width())
        .put("samples", Arrays.stream(kept.samples()).asDoubleStream().toArray())
        .put("steps", kept.steps());
  }

  @Override
  public SampledPredictor restore(SolverState state) {
    double[] numbers = state.doubles("numbers");
    int dimension = (int) numbers[0];
    SolverState kept = state.part(POPULATIONS);
    if (kept.isEmpty()) {
      return new SampledPredictor(
          network,
          dimension,
          (int) numbers[1],
          state.doubles("projector"),
          state.floats("neurons"),
          state.floats("coefficients"),
          numbers[2]);
    }
    double[] solve = kept.doubles("numbers");
    return new SampledPredictor(
        network,
        dimension,
        state.doubles("projector"),
        new Populations(
            solve[0],
            solve[1],
            (int) solve[2],
            Arrays.stream(kept.doubles("samples")).mapToInt(n -> (int) n).toArray(),
            kept.doubles("steps"),
            state.floats("neurons")),
        state.floats("coefficients"));
  }
}
