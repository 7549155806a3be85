package org.richkernel.gallery;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.report.plot.Numbers;

/**
 * An expectation with the result of its test.
 *
 * @param expected a statement that numbers can contradict
 * @param found these numbers, with their errors
 */
public record Check(String expected, String found, Verdict verdict) {
  /** Standard errors by which a number must be on one side of a bound to decide. */
  static final double ERRORS = 3;

  /** Result of a check, from good to bad. */
  public enum Verdict {
    /** True by more than three standard errors. */
    HOLDS("holds"),
    /** The errors do not let it be decided. */
    UNRESOLVED("not resolved"),
    /** False by more than three standard errors. */
    FAILS("does not hold");

    private final String words;

    Verdict(String words) {
      this.words = words;
    }

    /** In words. */
    public String words() {
      return words;
    }

    /** The worse of both. */
    Verdict and(Verdict other) {
      return compareTo(other) >= 0 ? this : other;
    }
  }

  /** Expects a number to be at most a bound. */
  static Check atMost(String expected, String found, Measured number, double bound) {
    double low = number.value() - ERRORS * number.error();
    double high = number.value() + ERRORS * number.error();
    Verdict verdict =
        high <= bound ? Verdict.HOLDS : low > bound ? Verdict.FAILS : Verdict.UNRESOLVED;
    return new Check(expected, found, verdict);
  }

  /** Expects one number to be smaller than another, independent one; equal ones are not. */
  static Check less(
      String expected, String smaller, Measured small, String larger, Measured large) {
    String found = smaller + " " + small.text() + ", " + larger + " " + large.text();
    return atMost(expected, found, small.minus(large), Math.nextDown(0.0));
  }

  /** Expects two independent numbers to be within an allowance of each other. */
  static Check near(
      String expected, String one, Measured a, String other, Measured b, double allowance) {
    String found =
        one
            + " "
            + a.text()
            + ", "
            + other
            + " "
            + b.text()
            + ", allowed "
            + Numbers.brief(allowance);
    return atMost(expected, found, a.minus(b).size(), allowance);
  }

  /** A check of several expectations; the worst result decides. */
  static Check all(String expected, List<Check> parts) {
    List<String> found = new ArrayList<>();
    Verdict worst = parts.isEmpty() ? Verdict.UNRESOLVED : Verdict.HOLDS;
    for (Check part : parts) {
      found.add(
          part.verdict() == Verdict.HOLDS
              ? part.found()
              : part.found() + " (" + part.verdict().words() + ")");
      worst = worst.and(part.verdict());
    }
    return new Check(expected, String.join("; ", found), worst);
  }
}
