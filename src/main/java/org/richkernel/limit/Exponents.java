package org.richkernel.limit;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.commons.math3.fraction.BigFraction;
import org.richkernel.network.InvalidProblemException;

/** Powers of the width as exact rationals: ties decide a verdict, and .1 + .2 is not .3. */
public final class Exponents {
  static final BigFraction HALF = new BigFraction(1, 2);

  private static final Pattern FRACTION = Pattern.compile("([+-]?\\d{1,9})(?:/(\\d{1,9}))?");
  private static final Pattern DECIMAL = Pattern.compile("([+-]?)(\\d{0,9})\\.(\\d{1,9})");

  private Exponents() {}

  /**
   * Parses a list such as "0, 1/2, -1" or "0.5".
   *
   * @param field for the message
   * @throws InvalidProblemException naming an entry that is not a fraction
   */
  public static List<BigFraction> parse(String field, String text) {
    List<BigFraction> values = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      values.add(parseOne(field, part));
    }
    return List.copyOf(values);
  }

  /**
   * Parses one fraction: "1/2", "-1", or a decimal, which is exact (0.5 is one half).
   *
   * @throws InvalidProblemException if the text is not a fraction
   */
  public static BigFraction parseOne(String field, String text) {
    String value = text.strip();
    Matcher fraction = FRACTION.matcher(value);
    if (fraction.matches()) {
      BigInteger numerator = new BigInteger(fraction.group(1));
      String below = fraction.group(2);
      BigInteger denominator = below == null ? BigInteger.ONE : new BigInteger(below);
      if (denominator.signum() > 0) {
        return new BigFraction(numerator, denominator);
      }
    }
    Matcher decimal = DECIMAL.matcher(value);
    if (decimal.matches()) {
      String digits = decimal.group(3);
      return new BigFraction(
          new BigInteger(decimal.group(1) + decimal.group(2) + digits),
          BigInteger.TEN.pow(digits.length()));
    }
    boolean large = value.matches("[+-]?[0-9]+([/.][0-9]+)?") && value.matches(".*[0-9]{10}.*");
    throw new InvalidProblemException(
        field,
        "'" + value + "'",
        large
            ? "write numbers of at most 9 digits"
            : "write whole numbers and fractions such as 0,1/2,-1");
  }

  /** A fraction in the form that {@link #parseOne} reads: "1/2", "-1". */
  public static String text(BigFraction value) {
    return value.getDenominator().equals(BigInteger.ONE)
        ? value.getNumerator().toString()
        : value.getNumerator() + "/" + value.getDenominator();
  }

  /** Fractions separated by commas. */
  public static String text(List<BigFraction> values) {
    return values.stream().map(Exponents::text).collect(Collectors.joining(","));
  }

  static BigFraction min(BigFraction left, BigFraction right) {
    return left.compareTo(right) <= 0 ? left : right;
  }

  static BigFraction max(BigFraction left, BigFraction right) {
    return left.compareTo(right) >= 0 ? left : right;
  }

  static boolean atLeast(BigFraction value, BigFraction bound) {
    return value.compareTo(bound) >= 0;
  }
}
