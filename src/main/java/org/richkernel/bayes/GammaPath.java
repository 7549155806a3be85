package org.richkernel.bayes;

import org.richkernel.network.InvalidProblemException;

/**
 * Richnesses to solve for one after the other, equally spaced.
 *
 * @param from first, at least 0
 * @param to last, above the first
 * @param count number of richnesses, at least 2
 */
public record GammaPath(double from, double to, int count) {
  private static final String OPTION = "gamma-path";

  /** Largest number of points of a path. */
  public static final int MOST = 1000;

  /**
   * Checks the numbers.
   *
   * @throws InvalidProblemException unless 0 &lt;= from &lt; to and count is 2 to {@link #MOST}
   */
  public GammaPath {
    if (!(from >= 0) || !(to > from) || Double.isInfinite(to)) {
      throw new InvalidProblemException(
          OPTION, from + ":" + to + ":" + count, "use a:b:n with 0 <= a < b");
    }
    if (count < 2 || count > MOST) {
      throw new InvalidProblemException(
          OPTION, from + ":" + to + ":" + count, "use a:b:n with n from 2 to " + MOST);
    }
  }

  /**
   * Parses a:b:n.
   *
   * @throws InvalidProblemException for another text
   */
  public static GammaPath parse(String text) {
    String[] parts = text.split(":", -1);
    if (parts.length == 3) {
      try {
        return new GammaPath(
            Double.parseDouble(parts[0]),
            Double.parseDouble(parts[1]),
            Integer.parseInt(parts[2].strip()));
      } catch (NumberFormatException e) {
        throw refused(text, e);
      }
    }
    throw refused(text, null);
  }

  private static InvalidProblemException refused(
      String text, @org.jspecify.annotations.Nullable Throwable cause) {
    InvalidProblemException refused =
        new InvalidProblemException(OPTION, text, "use a:b:n, such as 0:2:9");
    if (cause != null) {
      refused.initCause(cause);
    }
    return refused;
  }

  /** The richnesses in rising order. */
  public double[] gammas() {
    double[] gammas = new double[count];
    for (int i = 0; i < count; i++) {
      gammas[i] = i == count - 1 ? to : from + (to - from) * i / (count - 1);
    }
    return gammas;
  }

  @Override
  public String toString() {
    return from + ":" + to + ":" + count;
  }
}
