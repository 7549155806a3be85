package org.richkernel.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.DoublePredicate;
import org.richkernel.data.Table;
import org.richkernel.report.plot.Numbers;
import org.richkernel.result.Result;
import org.richkernel.sampling.Mixing;

/** Which criterion of a sampled solve was the last to be met for good. */
final class LastCriterion {
  /**
   * A criterion along the looks at the averages.
   *
   * @param since the look from which on it holds; the number of looks where it does not
   */
  private record Criterion(String name, String limit, double[] values, int since) {}

  private LastCriterion() {}

  /** The criterion in a sentence; empty where the result has no such history. */
  static Optional<String> of(Result result) {
    Optional<double[]> sweeps = history(result, "sweep");
    OptionalDouble tolerance = result.summary().tolerance();
    if (sweeps.isEmpty() || tolerance.isEmpty() || sweeps.get().length == 0) {
      return Optional.empty();
    }
    double t = tolerance.getAsDouble();
    List<Criterion> all = new ArrayList<>();
    String within = "at most " + Numbers.brief(t);
    excess(result).ifPresent(e -> add(all, "residual less two errors", within, e, v -> v <= t));
    history(result, "residual_error")
        .ifPresent(e -> add(all, "error of the residual", within, e, v -> v <= t));
    history(result, "r_hat")
        .ifPresent(
            r ->
                add(
                    all,
                    "R-hat, the agreement of the chains",
                    "below " + Numbers.brief(Mixing.LARGEST_RHAT),
                    r,
                    v -> v < Mixing.LARGEST_RHAT));
    history(result, "effective_sweeps")
        .ifPresent(
            n ->
                add(
                    all,
                    "length of the chains in autocorrelation times",
                    "at least " + Numbers.brief(Mixing.FEWEST_LENGTHS),
                    n,
                    v -> v >= Mixing.FEWEST_LENGTHS));
    add(
        all,
        "number of sweeps",
        "at least " + Mixing.FEWEST_SWEEPS,
        sweeps.get(),
        v -> v >= Mixing.FEWEST_SWEEPS);
    return all.stream()
        .filter(c -> c.values().length == sweeps.get().length)
        .max(Comparator.comparingInt(Criterion::since))
        .filter(c -> c.since() > 0)
        .map(c -> sentence(c, sweeps.get()));
  }

  private static Optional<double[]> excess(Result result) {
    Optional<double[]> residual = history(result, "residual");
    Optional<double[]> error = history(result, "residual_error");
    if (residual.isEmpty() || error.isEmpty() || residual.get().length != error.get().length) {
      return Optional.empty();
    }
    double[] excess = residual.get().clone();
    for (int i = 0; i < excess.length; i++) {
      excess[i] -= 2 * error.get()[i];
    }
    return Optional.of(excess);
  }

  private static Optional<double[]> history(Result result, String name) {
    return result.array("history_" + name).map(Table::values);
  }

  private static void add(
      List<Criterion> all, String name, String limit, double[] values, DoublePredicate holds) {
    int since = values.length;
    while (since > 0 && holds.test(values[since - 1])) {
      since--;
    }
    all.add(new Criterion(name, limit, values, since));
  }

  private static String sentence(Criterion last, double[] sweeps) {
    int looks = sweeps.length;
    String before = Numbers.brief(last.values()[last.since() - 1]);
    return last.since() == looks
        ? "Not met to the end: the "
            + last.name()
            + ", "
            + before
            + " at the last look ("
            + last.limit()
            + " wanted)."
        : "Last to be met: the "
            + last.name()
            + ", still "
            + before
            + " after "
            + Numbers.brief(sweeps[last.since() - 1])
            + " sweeps and "
            + Numbers.brief(last.values()[last.since()])
            + " after "
            + Numbers.brief(sweeps[last.since()])
            + " ("
            + last.limit()
            + " wanted).";
  }
}
