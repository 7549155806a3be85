package org.richkernel.result;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Scores with the loss that a fit was trained with, for tables. A summary holds squared errors
 * whatever was trained; those of logits say little, so a detail holds their cross-entropies.
 *
 * @param name of the loss: loss, or cross-entropy
 * @param train scores of the training points with this loss
 * @param test scores of the test points with this loss
 */
public record TrainedLoss(String name, Optional<Score> train, Optional<Score> test) {
  /** Name of the detail with the cross-entropies. */
  public static final String CROSS_ENTROPY = "crossEntropy";

  private static final String TRAIN = "train";
  private static final String TEST = "test";

  /** The scores of a summary. */
  public static TrainedLoss of(Summary summary) {
    return summary.details().get(CROSS_ENTROPY) instanceof Map<?, ?> losses
        ? new TrainedLoss(
            "cross-entropy",
            summary.train().map(score -> with(score, losses.get(TRAIN))),
            summary.test().map(score -> with(score, losses.get(TEST))))
        : new TrainedLoss("loss", summary.train(), summary.test());
  }

  private static Score with(Score score, Object loss) {
    return new Score(
        loss instanceof Number value
            ? OptionalDouble.of(value.doubleValue())
            : OptionalDouble.empty(),
        OptionalDouble.empty(),
        score.accuracy(),
        score.accuracyStandardError());
  }

  /** Adds the detail of a fit that was trained with cross-entropy: means over points. */
  public static void addCrossEntropy(Summary.Builder summary, double train, OptionalDouble test) {
    Map<String, Object> losses = new LinkedHashMap<>();
    losses.put(TRAIN, train);
    test.ifPresent(loss -> losses.put(TEST, loss));
    summary.detail(CROSS_ENTROPY, losses);
  }
}
