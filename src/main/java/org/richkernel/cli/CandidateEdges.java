package org.richkernel.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.richkernel.bayes.Search;

/** Whether a selection ended at the edge of its candidates, where a better one may lie beyond. */
final class CandidateEdges {
  private CandidateEdges() {}

  /** A line for each option whose chosen value is the least or the largest of several. */
  static List<String> of(List<Search.Candidate> candidates) {
    List<String> lines = new ArrayList<>();
    add(lines, candidates, "gamma", "--gamma-path", Search.Candidate::gamma);
    add(lines, candidates, "beta", "--betas", Search.Candidate::beta);
    return lines;
  }

  private static void add(
      List<String> lines,
      List<Search.Candidate> candidates,
      String name,
      String option,
      ToDoubleFunction<Search.Candidate> value) {
    double[] values = candidates.stream().mapToDouble(value).distinct().sorted().toArray();
    if (values.length < 2) {
      return;
    }
    candidates.stream()
        .filter(Search.Candidate::chosen)
        .mapToDouble(value)
        .findFirst()
        .ifPresent(
            chosen -> {
              boolean least = chosen == values[0];
              if (least || chosen == values[values.length - 1]) {
                lines.add(
                    String.format(
                        java.util.Locale.ROOT,
                        "the selected %s %s is the %s candidate: a better one may lie beyond;"
                            + " extend %s to %s ones",
                        name,
                        new BigDecimal(chosen)
                            .round(new MathContext(4))
                            .stripTrailingZeros()
                            .toPlainString(),
                        least ? "least" : "largest",
                        option,
                        least ? "smaller" : "larger"));
              }
            });
  }
}
