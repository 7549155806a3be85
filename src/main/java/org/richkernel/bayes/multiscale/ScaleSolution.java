package org.richkernel.bayes.multiscale;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.richkernel.bayes.PathPoint;
import org.richkernel.network.Predictor;

/**
 * All levels of approximation at one scale chi.
 *
 * @param chi scale of the readout
 * @param levels by name, in the order gaussian (NNGP), tree, rescaled, one-loop, exact; exact for
 *     linear networks only
 * @param kernel Phi^1 at tree level, row-major P x P
 * @param predictors at new inputs by level, if they can be saved; empty for a scale restored from a
 *     checkpoint
 * @param exactTrainLoss posterior mean of the training loss with the variance of f, if known
 * @param exactTestLoss the same on the test points
 * @param stationaryPoints roots of the equation of the rescaled kernel
 * @param sampled the sampled tree level of a nonlinear network
 */
@SuppressWarnings("ArrayRecordComponent")
public record ScaleSolution(
    double chi,
    Map<String, LevelPrediction> levels,
    double[] kernel,
    Map<String, Predictor> predictors,
    OptionalDouble exactTrainLoss,
    OptionalDouble exactTestLoss,
    int stationaryPoints,
    Optional<PathPoint> sampled) {

  /** Name of the Gaussian process of infinite width. */
  public static final String GAUSSIAN = "gaussian";

  /** Name of the saddle point without fluctuations. */
  public static final String TREE = "tree";

  /** Name of the saddle point with Gaussian fluctuations. */
  public static final String ONE_LOOP = "one-loop";

  /** Name of the rescaled kernel of infinite width. */
  public static final String RESCALED = "rescaled";

  /** Name of the exact posterior. */
  public static final String EXACT = "exact";

  /** The level with a name. */
  public LevelPrediction level(String name) {
    LevelPrediction level = levels.get(name);
    if (level == null) {
      throw new IllegalArgumentException("no level " + name);
    }
    return level;
  }
}
