package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.richkernel.bayes.Search;
import org.richkernel.sampling.Estimate;

class CandidateEdgesTest {
  private static Search.Candidate candidate(double gamma, double beta, boolean chosen) {
    return new Search.Candidate(gamma, beta, true, new Estimate(0, 0), chosen);
  }

  @Test
  void theLeastAndTheLargestAreSaidWithWhatToExtend() {
    assertThat(
            CandidateEdges.of(
                List.of(
                    candidate(0.5, 10, false),
                    candidate(1, 10, false),
                    candidate(2, 10, true),
                    candidate(2, 100, false))))
        .containsExactly(
            "the selected gamma 2 is the largest candidate: a better one may lie beyond; extend"
                + " --gamma-path to larger ones",
            "the selected beta 10 is the least candidate: a better one may lie beyond; extend"
                + " --betas to smaller ones");
  }

  @Test
  void aChoiceWithinAndAnOptionWithOneValueAreNotSpokenOf() {
    assertThat(
            CandidateEdges.of(
                List.of(
                    candidate(0.5, 10, false), candidate(1, 10, true), candidate(2, 10, false))))
        .isEmpty();
    assertThat(CandidateEdges.of(List.of())).isEmpty();
  }
}
