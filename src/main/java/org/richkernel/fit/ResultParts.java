package org.richkernel.fit;

import org.richkernel.metrics.Scores;
import org.richkernel.network.Targets;
import org.richkernel.result.Result;
import org.richkernel.result.Score;
import org.richkernel.result.Summary;

/** Common parts of the results of all theories. */
public final class ResultParts {
  private ResultParts() {}

  /** Scores as a summary shows them. */
  public static Score score(Scores scores) {
    Score score = Score.ofLoss(scores.loss());
    return scores.accuracy().isPresent()
        ? score.withAccuracy(scores.accuracy().getAsDouble())
        : score;
  }

  /**
   * A result with y_train f_train y_test f_test; f_test needs test points and y_test their targets;
   * one output makes vectors.
   */
  public static Result predictions(Summary summary, Points points, double[] train, double[] test) {
    int outputs = points.trainTargets().outputs();
    Result result = Result.of(summary).withPredicted(points.predicted());
    result = with(result, "y_train", points.trainTargets().toArray(), outputs);
    result = with(result, "f_train", train, outputs);
    if (points.testTargets().isPresent()) {
      Targets y = points.testTargets().get();
      result = with(result, "y_test", y.toArray(), outputs);
    }
    return points.tested() ? with(result, "f_test", test, outputs) : result;
  }

  static Result with(Result result, String name, double[] values, int outputs) {
    return outputs == 1
        ? result.with(name, values, values.length)
        : result.with(name, values, values.length / outputs, outputs);
  }
}
