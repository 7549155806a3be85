package org.richkernel.data;

import java.util.Set;
import java.util.regex.Pattern;

/** The meaning of one field of a text file. */
enum FieldKind {
  /** A finite decimal number. */
  NUMBER,
  /** NaN, infinity, or a number that overflows. */
  NOT_FINITE,
  /** Nothing, or a word for a missing value. */
  MISSING,
  /** A number with a comma in it, decimal or of thousands. */
  COMMA_NUMBER,
  /** Text with a letter in it, which a column may be named. */
  NAME,
  /** Anything else. */
  OTHER;

  private static final Pattern NOT_FINITE_WORD =
      Pattern.compile("[+-]?(nan|inf|infinity)", Pattern.CASE_INSENSITIVE);

  /** The words that pandas, R, SAS, SQL and spreadsheets write; "Na" is sodium. */
  private static final Set<String> MISSING_WORDS =
      Set.of(
          "", "?", "-", "--", ".", "*", "NA", "na", "N/A", "n/a", "<NA>", "null", "NULL", "Null",
          "None", "none", "NONE", "nil", "NIL", "missing", "#N/A", "#NA", "NaT", "\\N");

  private static final String DIGITS = "0123456789+-.eE";

  /**
   * The kind of a field.
   *
   * @param field without blanks around it
   */
  static FieldKind of(String field) {
    double value = parse(field);
    if (Double.isFinite(value)) {
      return NUMBER;
    }
    if (Double.isInfinite(value) || NOT_FINITE_WORD.matcher(field).matches()) {
      return NOT_FINITE;
    }
    if (MISSING_WORDS.contains(field)) {
      return MISSING;
    }
    if (field.indexOf(',') >= 0
        && (!Double.isNaN(parse(field.replace(',', '.')))
            || !Double.isNaN(parse(field.replace(",", ""))))) {
      return COMMA_NUMBER;
    }
    return field.codePoints().anyMatch(Character::isLetter) ? NAME : OTHER;
  }

  /** A decimal number, infinite where it overflows; NaN for any other text. */
  static double parse(String field) {
    boolean hasDigit = false;
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      // Double.parseDouble would also take "1d", "0x1p3" and "NaN"
      if (DIGITS.indexOf(c) < 0) {
        return Double.NaN;
      }
      hasDigit |= c >= '0' && c <= '9';
    }
    if (!hasDigit) {
      // without an exception, as a line may have thousands of empty fields
      return Double.NaN;
    }
    try {
      return Double.parseDouble(field);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }
}
