package org.richkernel.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.richkernel.network.InvalidProblemException;

/**
 * Sizes of memory as java -Xmx takes them: bytes, or a number with k, m, g or t (powers of 1024).
 */
final class ByteSize {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,18})([kmgt]?)");
  private static final String UNITS = "kmgt";

  private ByteSize() {}

  /**
   * Bytes of a positive size.
   *
   * @param option whose value it is, for the message
   */
  static long parse(String option, String text) {
    Matcher matcher = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (matcher.matches()) {
      int power = matcher.group(2).isEmpty() ? 0 : 1 + UNITS.indexOf(matcher.group(2));
      long number = Long.parseLong(matcher.group(1));
      if (number > 0 && number <= Long.MAX_VALUE >> (10 * power)) {
        return number << (10 * power);
      }
    }
    throw new InvalidProblemException(
        option, text, "use bytes, or a number with k, m, g or t, such as 8g");
  }
}
