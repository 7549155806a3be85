package org.richkernel.bayes.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.sampling.Estimate;

/** What follows from the numbers of an audit, at y.v = 2 +- 0.003 and a tolerance of 0.01. */
class AuditResultTest {
  @ParameterizedTest
  @CsvSource({
    // correction, error, drift of error 0.01: wells filled, or not; what is said
    "0.01, 0.004, 0, PASSED, PASSED, (z = 2.0)",
    "0.018, 0.004, 0, FAILED, UNDECIDED, more than 3.3 standard errors",
    "-0.03, 0.012, 0, FAILED, UNDECIDED, more than the tolerance",
    "0.01, 0.03, 0, FAILED, UNDECIDED, an error above the tolerance",
    "0.01, 0.004, -0.05, FAILED, UNDECIDED, still drift",
    "NaN, NaN, NaN, FAILED, FAILED, no saddle point",
  })
  void threeOutcomes(
      double correction,
      double error,
      double drift,
      AuditResult.Outcome filled,
      AuditResult.Outcome unfilled,
      String says) {
    for (boolean wells : new boolean[] {true, false}) {
      AuditResult result =
          new AuditResult(
              new Estimate(correction, error),
              new Estimate(drift, 0.01),
              new Estimate(2, 0.003),
              0.01,
              wells,
              4000,
              100,
              0.9,
              1);
      assertThat(result.outcome()).isEqualTo(wells ? filled : unfilled);
      assertThat(result.verdict()).contains(says);
      assertThat(result.verdict().contains("undecided"))
          .isEqualTo(result.outcome() == AuditResult.Outcome.UNDECIDED);
    }
  }
}
