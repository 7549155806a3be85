package org.richkernel.limit.fewshot;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.network.InvalidProblemException;

/**
 * Times of the evaluations, and the candidate rates of every model.
 *
 * @param evaluateAt numbers of meta-steps, increasing
 * @param innerRates candidate step sizes on a task
 * @param metaRates candidate step sizes of the outer gradient
 */
public record MetaSchedule(
    List<Integer> evaluateAt, List<Double> innerRates, List<Double> metaRates) {

  /**
   * Checks the numbers.
   *
   * @throws InvalidProblemException naming the first invalid one
   */
  public MetaSchedule {
    evaluateAt = evaluateAt.stream().distinct().sorted().toList();
    innerRates = List.copyOf(innerRates);
    metaRates = List.copyOf(metaRates);
    if (evaluateAt.isEmpty() || evaluateAt.get(0) < 0) {
      throw new InvalidProblemException(
          "evaluate-at",
          evaluateAt.isEmpty() ? "empty" : evaluateAt.get(0),
          "name steps of at least 0");
    }
    require("inner-rates", innerRates);
    require("meta-rates", metaRates);
  }

  private static void require(String field, List<Double> rates) {
    if (rates.isEmpty()) {
      throw new InvalidProblemException(field, "empty", "name at least one, such as 0.4");
    }
    for (double rate : rates) {
      if (!(rate > 0) || !Double.isFinite(rate)) {
        throw new InvalidProblemException(field, rate, "use positive numbers");
      }
    }
  }

  /** Whether there is more than one pair of rates. */
  public boolean isTuned() {
    return innerRates.size() * metaRates.size() > 1;
  }

  /** All pairs of rates. */
  List<MetaRates> choices() {
    List<MetaRates> all = new ArrayList<>();
    for (double inner : innerRates) {
      for (double meta : metaRates) {
        all.add(new MetaRates(inner, meta));
      }
    }
    return all;
  }
}
