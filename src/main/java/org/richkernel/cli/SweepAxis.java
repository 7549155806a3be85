package org.richkernel.cli;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.richkernel.network.InvalidProblemException;

/**
 * An option with the values that a sweep gives it.
 *
 * @param option name without dashes
 * @param values as they stand on a command line, in order; no two are the same
 */
record SweepAxis(String option, List<String> values) {
  private static final int MOST = 10_000;
  private static final String HOW =
      "use NAME=V1,V2,... or NAME=FIRST..LAST for whole numbers, NAME=A:B:N for N values from A to"
          + " B, NAME=A:B:N:log for equal factors; semicolons where values hold commas";

  /** Takes a copy of the values. */
  SweepAxis {
    values = List.copyOf(values);
  }

  /**
   * Reads NAME=VALUES.
   *
   * @throws InvalidProblemException if it cannot be understood
   */
  static SweepAxis parse(String text) {
    int equals = text.indexOf('=');
    String name = equals < 0 ? "" : text.substring(0, equals).strip().replaceFirst("^--", "");
    if (name.isEmpty()) {
      throw new InvalidProblemException("over", text, HOW);
    }
    List<String> values = values(text, text.substring(equals + 1).strip());
    if (values.stream().anyMatch(String::isEmpty)
        || values.stream().map(SweepAxis::meaning).distinct().count() < values.size()) {
      throw new InvalidProblemException(
          "over", text, "give values that differ, none of them empty");
    }
    return new SweepAxis(name, values);
  }

  /** 1, 01 and 1.0 are one number, whose runs would be the same. */
  private static Object meaning(String value) {
    return value.matches("[+-]?[0-9]*\\.?[0-9]+([eE][+-]?[0-9]{1,4})?")
        ? new BigDecimal(value).stripTrailingZeros()
        : value;
  }

  private static List<String> values(String text, String values) {
    if (values.contains(";")) {
      return stripped(values.split(";", -1));
    }
    if (values.matches("-?[0-9]{1,9}\\.\\.-?[0-9]{1,9}")) {
      return wholeNumbers(text, values);
    }
    String[] parts = values.split(":", -1);
    boolean log = parts.length == 4 && parts[3].strip().equals("log");
    if (parts.length == 3 || log) {
      String range = String.join(":", Arrays.copyOf(parts, 3));
      double[] numbers =
          log ? NumberRange.geometric("over", range) : NumberRange.linear("over", range);
      boolean whole = isWhole(parts[0]) && isWhole(parts[1]);
      return Arrays.stream(numbers).mapToObj(x -> asText(x, log && whole)).distinct().toList();
    }
    return stripped(values.split(",", -1));
  }

  private static List<String> stripped(String[] parts) {
    return Arrays.stream(parts).map(String::strip).toList();
  }

  private static List<String> wholeNumbers(String text, String range) {
    int dots = range.indexOf("..");
    int first = Integer.parseInt(range.substring(0, dots));
    int last = Integer.parseInt(range.substring(dots + 2));
    if (last < first || (long) last - first >= MOST) {
      throw new InvalidProblemException(
          "over", text, "let the last number be at least the first, " + MOST + " numbers at most");
    }
    List<String> values = new ArrayList<>();
    for (int value = first; value <= last; value++) {
      values.add(Integer.toString(value));
    }
    return values;
  }

  private static boolean isWhole(String number) {
    return number.strip().matches("-?[0-9]{1,9}");
  }

  /** Six digits suffice to tell the values apart and to read them; ends of ranges stay as given. */
  private static String asText(double value, boolean rounded) {
    double shown =
        rounded
            ? Math.rint(value)
            : Double.parseDouble(String.format(java.util.Locale.ROOT, "%.6g", value));
    return shown == Math.rint(shown) && Math.abs(shown) < 1e9
        ? Long.toString((long) shown)
        : Double.toString(shown);
  }
}
