package org.richkernel.data;

import java.util.regex.Pattern;

/**
 * Lines of text that begin with {@code #}. Spreadsheets write missing values such as {@code #N/A},
 * which begin so too and are no comments.
 */
final class CommentLine {
  /** The first character of a comment. */
  static final char MARK = '#';

  private static final Pattern SPREADSHEET_ERROR =
      Pattern.compile("#(N/A|NA|DIV/0!|VALUE!|REF!|NUM!|NAME\\?|NULL!)(\\W.*)?", Pattern.DOTALL);

  private CommentLine() {}

  /** Whether a line is a comment. */
  static boolean recognizes(String line) {
    return line.charAt(0) == MARK && !isMissingValue(line);
  }

  /** Whether a line begins with the missing value of a spreadsheet. */
  static boolean isMissingValue(String line) {
    return SPREADSHEET_ERROR.matcher(line).matches();
  }
}
