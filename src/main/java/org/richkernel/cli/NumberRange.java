package org.richkernel.cli;

import java.util.function.DoubleUnaryOperator;
import org.richkernel.network.InvalidProblemException;

/** An option that is one number, or a range A:B:N of N numbers from A to B. */
final class NumberRange {
  private static final int MOST = 10_000;

  private NumberRange() {}

  /** The numbers, equally spaced. */
  static double[] linear(String option, String text) {
    return parse(option, text, x -> x, x -> x);
  }

  /** The numbers, spaced by equal factors; all must be positive. */
  static double[] geometric(String option, String text) {
    return parse(option, text, Math::log, Math::exp);
  }

  private static double[] parse(
      String option, String text, DoubleUnaryOperator scale, DoubleUnaryOperator back) {
    String[] parts = text.split(":", -1);
    if (parts.length != 1 && parts.length != 3) {
      throw new InvalidProblemException(option, text, "use one number, or A:B:N");
    }
    double first = number(option, text, parts[0]);
    if (parts.length == 1) {
      return new double[] {first};
    }
    double last = number(option, text, parts[1]);
    double count = number(option, text, parts[2]);
    if (count < 2 || count > MOST || count != Math.rint(count)) {
      throw new InvalidProblemException(
          option, text, "the last part of A:B:N is how many numbers, 2 to " + MOST);
    }
    if (!Double.isFinite(scale.applyAsDouble(first))
        || !Double.isFinite(scale.applyAsDouble(last))) {
      throw new InvalidProblemException(option, text, "both ends of the range must be positive");
    }
    int n = (int) count;
    double[] numbers = new double[n];
    double step = (scale.applyAsDouble(last) - scale.applyAsDouble(first)) / (n - 1);
    for (int i = 0; i < n; i++) {
      numbers[i] = back.applyAsDouble(scale.applyAsDouble(first) + i * step);
    }
    numbers[0] = first;
    numbers[n - 1] = last;
    return numbers;
  }

  private static double number(String option, String text, String part) {
    try {
      return Double.parseDouble(part.strip());
    } catch (NumberFormatException e) {
      InvalidProblemException invalid =
          new InvalidProblemException(option, text, "use one number, or A:B:N");
      invalid.initCause(e);
      throw invalid;
    }
  }
}
