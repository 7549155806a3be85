package org.richkernel.result;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Scores with the loss that a fit was trained with, for tables. A summary holds squared errors
 * whatever was trained; those of logits say little, so a detail holds their cross-entropies.
 *
 * @param kind of the loss
 * @param train scores of the training points with this loss
 * @param test scores of the test points with this loss
 */
public record TrainedLoss(Kind kind, Optional<Score> train, Optional<Score> test) {
  /** Name of the detail with the cross-entropies. */
  public static final String CROSS_ENTROPY = "crossEntropy";

  /** Losses that a fit can be trained with. */
  public enum Kind {
    /** Squared errors, averaged over points and outputs. */
    SQUARED("loss", "loss"),
    /** Cross-entropy of the classes, averaged over points. */
    CROSS_ENTROPY(TrainedLoss.CROSS_ENTROPY, "cross-entropy");

    private final String key;
    private final String words;

    Kind(String key, String words) {
      this.key = key;
      this.words = words;
    }

    /** Name among the numbers of a merged table, behind the set of points: loss, crossEntropy. */
    public String key() {
      return key;
    }

    /** Name for readers: loss, cross-entropy. */
    public String words() {
      return words;
    }
  }

  private static final String TRAIN = "train";
  private static final String TEST = "test";

  /** The scores of a summary. */
  public static TrainedLoss of(Summary summary) {
    return summary.details().get(CROSS_ENTROPY) instanceof Map<?, ?> losses
        ? new TrainedLoss(
            Kind.CROSS_ENTROPY,
            summary.train().map(score -> with(score, losses.get(TRAIN))),
            summary.test().map(score -> with(score, losses.get(TEST))))
        : new TrainedLoss(Kind.SQUARED, summary.train(), summary.test());
  }

  /** Name of the loss for readers. */
  public String name() {
    return kind.words();
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
