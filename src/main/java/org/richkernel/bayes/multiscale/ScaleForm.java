package org.richkernel.bayes.multiscale;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.richkernel.bayes.PathPoint;
import org.richkernel.bayes.SampledPredictor;
import org.richkernel.bayes.SampledPredictorForm;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StateForm;

/**
 * Solutions of a nonlinear network at one scale in a checkpoint.
 *
 * @param network that was solved
 */
public record ScaleForm(NetworkSpec network) implements StateForm<ScaleSolution> {
  private static final List<String> LEVELS =
      List.of(
          ScaleSolution.GAUSSIAN,
          ScaleSolution.TREE,
          ScaleSolution.RESCALED,
          ScaleSolution.ONE_LOOP);
  private static final String TREE = "tree_solution";

  @Override
  public void save(ScaleSolution solution, SolverState state) {
    state.put("numbers", solution.chi(), solution.stationaryPoints());
    state.put("kernel", solution.kernel());
    solution
        .levels()
        .forEach(
            (name, level) ->
                state.put(
                    "level_" + name,
                    new SolverState()
                        .put("train", level.train())
                        .put("train_error", level.trainError())
                        .put("test", level.test())
                        .put("test_error", level.testError())));
    solution
        .predictors()
        .forEach((name, predictor) -> state.put("predictor_" + name, saved(predictor)));
    solution.sampled().orElseThrow().save(state, TREE);
  }

  private SolverState saved(Predictor predictor) {
    if (predictor instanceof SampledPredictor sampled) {
      SolverState state = new SolverState();
      new SampledPredictorForm(network).save(sampled, state);
      return state;
    }
    throw new IllegalArgumentException("not a predictor of neurons: " + predictor.getClass());
  }

  @Override
  public ScaleSolution restore(SolverState state) {
    double[] numbers = state.doubles("numbers");
    Map<String, LevelPrediction> levels = new LinkedHashMap<>();
    Map<String, Predictor> predictors = new LinkedHashMap<>();
    for (String name : LEVELS) {
      SolverState level = state.part("level_" + name);
      if (!level.isEmpty()) {
        levels.put(
            name,
            new LevelPrediction(
                level.doubles("train"),
                level.doubles("train_error"),
                level.doubles("test"),
                level.doubles("test_error")));
      }
      SolverState predictor = state.part("predictor_" + name);
      if (!predictor.isEmpty()) {
        predictors.put(name, new SampledPredictorForm(network).restore(predictor));
      }
    }
    return new ScaleSolution(
        numbers[0],
        levels,
        state.doubles("kernel"),
        predictors,
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        (int) numbers[1],
        Optional.of(PathPoint.restore(state, TREE)));
  }
}
