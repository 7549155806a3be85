package org.richkernel.report.plot;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Numbers as a reader of a paper expects them: few digits, true minus signs, powers of ten. */
public final class Numbers {
  private static final String SUPERSCRIPTS =
      "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";

  private static final Pattern POWER =
      Pattern.compile("(?:([0-9.]+) \u00d7 )?10([\u207b" + SUPERSCRIPTS + "]+)");

  private Numbers() {}

  /** Four significant digits, plain between 0.001 and 100000, otherwise with a power of ten. */
  public static String brief(double value) {
    if (Double.isNaN(value)) {
      return "not a number";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "\u221e" : "\u2212\u221e";
    }
    double size = Math.abs(value);
    if (value == 0) {
      return "0";
    }
    if (value == Math.rint(value) && size < 1e9) {
      return String.format(Locale.ROOT, "%.0f", value).replace('-', '\u2212');
    }
    if (size >= 1e-3 && size < 1e5) {
      BigDecimal rounded = new BigDecimal(value).round(new MathContext(4)).stripTrailingZeros();
      return rounded.toPlainString().replace('-', '\u2212');
    }
    return scientific(value, 3);
  }

  /** A value with its standard error, rounded to two digits of the error: 0.0312 +- 0.0014. */
  public static String withError(double value, double standardError) {
    if (!(standardError > 0) || Double.isInfinite(standardError) || !Double.isFinite(value)) {
      return brief(value);
    }
    int errorDigits = 1 - (int) Math.floor(Math.log10(standardError));
    if (errorDigits > 8 || Math.abs(value) >= 1e6) {
      return brief(value) + " \u00b1 " + brief(standardError);
    }
    String format = "%." + Math.max(0, errorDigits) + "f";
    String text = String.format(Locale.ROOT, format + " \u00b1 " + format, value, standardError);
    return text.replace('-', '\u2212');
  }

  /** The same text for a terminal, which may have ASCII alone: 1.5e-4, +-, and plain signs. */
  public static String ascii(String text) {
    String plain =
        POWER
            .matcher(text)
            .replaceAll(
                power -> Objects.requireNonNullElse(power.group(1), "1") + "e" + exponent(power));
    return plain.replace("\u00b1", "+-").replace("\u2212", "-").replace("\u221e", "inf");
  }

  private static String exponent(MatchResult power) {
    StringBuilder digits = new StringBuilder();
    for (char c : power.group(2).toCharArray()) {
      digits.append(c == '\u207b' ? "-" : SUPERSCRIPTS.indexOf(c));
    }
    return digits.toString();
  }

  /** Digits significant digits and a power of ten, as in 1.25 x 10^-4. */
  static String scientific(double value, int digits) {
    if (value == 0) {
      return "0";
    }
    String text = String.format(Locale.ROOT, "%." + (digits - 1) + "e", value);
    int e = text.indexOf('e');
    String mantissa = text.substring(0, e);
    if (mantissa.indexOf('.') >= 0) {
      mantissa = mantissa.replaceAll("\\.?0+$", "");
    }
    String times =
        mantissa.equals("1") ? "" : mantissa.equals("-1") ? "\u2212" : mantissa + " \u00d7 ";
    return times.replace('-', '\u2212') + powerOfTen(Integer.parseInt(text.substring(e + 1)));
  }

  /** 10 with a raised exponent. */
  static String powerOfTen(int exponent) {
    StringBuilder text = new StringBuilder("10");
    for (char c : Integer.toString(exponent).toCharArray()) {
      text.append(c == '-' ? '\u207b' : SUPERSCRIPTS.charAt(c - '0'));
    }
    return text.toString();
  }
}
