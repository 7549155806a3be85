package org.richkernel;

import org.richkernel.metrics.Scores;
import org.richkernel.network.Targets;
import org.richkernel.result.Result;
import org.richkernel.result.Score;
import org.richkernel.result.Summary;

/** What the results of all theories have in common. */
final class ResultParts {
  private ResultParts() {}

  static Score score(Scores scores) {
    Score score = Score.ofLoss(scores.loss());
    return scores.accuracy().isPresent()
        ? score.withAccuracy(scores.accuracy().getAsDouble())
        : score;
  }

  /** A result with y_train f_train y_test f_test; one output makes vectors. */
  static Result predictions(Summary summary, Points points, double[] train, double[] test) {
    int outputs = points.trainTargets().outputs();
    Result result = Result.of(summary);
    result = with(result, "y_train", points.trainTargets().toArray(), outputs);
    result = with(result, "f_train", train, outputs);
    if (points.testTargets().isPresent()) {
      Targets y = points.testTargets().get();
      result = with(result, "y_test", y.toArray(), outputs);
      result = with(result, "f_test", test, outputs);
    }
    return result;
  }

  static Result with(Result result, String name, double[] values, int outputs) {
    return outputs == 1
        ? result.with(name, values, values.length)
        : result.with(name, values, values.length / outputs, outputs);
  }

  /**
   * Standard error of the loss that errors of the predictions cause, to first order and as if all
   * points erred together.
   *
   * @param spread standard errors of the predictions f
   */
  static double lossError(double[] y, double[] f, double[] spread) {
    double sum = 0;
    for (int i = 0; i < f.length; i++) {
      // d loss / d f_i = 2 (f_i - y_i) / n
      sum += 2 * Math.abs(f[i] - y[i]) * spread[i] / f.length;
    }
    return sum;
  }
}
