package org.richkernel.gallery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckTest {
  @ParameterizedTest
  @CsvSource({
    "1.0, 0.0, 1.0, HOLDS",
    "1.0, 0.0, 0.999, FAILS",
    "0.5, 0.1, 1.0, HOLDS",
    "0.8, 0.1, 1.0, UNRESOLVED",
    "1.2, 0.1, 1.0, UNRESOLVED",
    "1.4, 0.1, 1.0, FAILS",
    "0.0, NaN, 1.0, UNRESOLVED",
    "NaN, 0.1, 1.0, UNRESOLVED",
    "9.0, NaN, 1.0, UNRESOLVED"
  })
  void threeErrorsDecide(double value, double error, double bound, Check.Verdict verdict) {
    assertThat(Check.atMost("", "", new Measured(value, error), bound).verdict())
        .isEqualTo(verdict);
  }

  @Test
  void errorsOfBothNumbersCount() {
    Measured one = new Measured(1, 0.3);
    Measured other = new Measured(2.4, 0.4);
    assertThat(Check.less("", "a", one, "b", other).verdict()).isEqualTo(Check.Verdict.UNRESOLVED);
    assertThat(Check.less("", "a", one, "b", new Measured(2.6, 0.4)).verdict())
        .isEqualTo(Check.Verdict.HOLDS);
    assertThat(Check.less("", "b", new Measured(2.6, 0.4), "a", one).verdict())
        .isEqualTo(Check.Verdict.FAILS);
    Measured exact = Measured.exact(1);
    assertThat(Check.less("", "a", exact, "b", exact).verdict()).isEqualTo(Check.Verdict.FAILS);
  }

  @Test
  void nearIsTrueOnEitherSide() {
    Measured center = Measured.exact(1);
    for (double off : new double[] {-1, 1}) {
      Measured near = new Measured(1 + 0.05 * off, 0.01);
      Measured far = new Measured(1 + 0.2 * off, 0.01);
      assertThat(Check.near("", "a", near, "b", center, 0.1).verdict())
          .isEqualTo(Check.Verdict.HOLDS);
      assertThat(Check.near("", "a", far, "b", center, 0.1).verdict())
          .isEqualTo(Check.Verdict.FAILS);
    }
  }

  @Test
  void nothingHoldsOfAPageWithoutExpectations() {
    Findings findings = new Findings("", List.of(), List.of());
    Gallery.Made made = new Gallery.Made(Gallery.pages().get(0), findings, true, 1);
    assertThat(made.verdict()).isEqualTo(Check.Verdict.UNRESOLVED);
    assertThat(Gallery.tally(made)).isEqualTo("nothing was expected");
  }

  @Test
  void theWorstOfSeveralDecides() {
    Check holds = new Check("", "x", Check.Verdict.HOLDS);
    Check open = new Check("", "y", Check.Verdict.UNRESOLVED);
    Check fails = new Check("", "z", Check.Verdict.FAILS);
    assertThat(Check.all("", List.of(holds, open)).verdict()).isEqualTo(Check.Verdict.UNRESOLVED);
    assertThat(Check.all("", List.of(fails, open, holds)).verdict()).isEqualTo(Check.Verdict.FAILS);
    assertThat(Check.all("", List.of()).verdict()).isEqualTo(Check.Verdict.UNRESOLVED);
    assertThat(Check.all("e", List.of(holds, fails)).found()).isEqualTo("x; z (does not hold)");
  }
}
