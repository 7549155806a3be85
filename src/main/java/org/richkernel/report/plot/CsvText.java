package org.richkernel.report.plot;

/** Collects comma-separated values (RFC 4180 with line feeds). */
final class CsvText {
  private final StringBuilder text = new StringBuilder();

  /** Adds a row. */
  CsvText row(String... cells) {
    for (int i = 0; i < cells.length; i++) {
      text.append(i == 0 ? "" : ",").append(quoted(cells[i]));
    }
    text.append('\n');
    return this;
  }

  private static String quoted(String cell) {
    return cell.matches("[^,\"\\n\\r]*") ? cell : '"' + cell.replace("\"", "\"\"") + '"';
  }

  /** A number to seven significant digits; empty for NaN. */
  static String number(double value) {
    return number(value, 7);
  }

  static String number(double value, int digits) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return Double.isNaN(value) ? "" : value > 0 ? "inf" : "-inf";
    }
    if (value == Math.rint(value) && Math.abs(value) < 1e9) {
      return Long.toString((long) value);
    }
    return new java.math.BigDecimal(value)
        .round(new java.math.MathContext(digits))
        .stripTrailingZeros()
        .toString();
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
