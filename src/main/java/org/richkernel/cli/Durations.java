package org.richkernel.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.richkernel.network.InvalidProblemException;

/** Times as options take them, and as people say them. */
final class Durations {
  private static final Pattern UNITS =
      Pattern.compile("(?:([0-9]{1,4})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,9})s?)?");
  private static final Pattern CLOCK =
      Pattern.compile("(?:([0-9]{1,4})-)?([0-9]{1,6}):([0-5]?[0-9]):([0-5]?[0-9])");
  private static final int[] SECONDS = {86_400, 3600, 60, 1};

  private Durations() {}

  /**
   * A positive time: seconds, parts with units such as 1h30m, or 1-12:00:00 as schedulers write it.
   *
   * @throws InvalidProblemException if it is none
   */
  static Duration parse(String option, String text) {
    String given = text.strip().toLowerCase(Locale.ROOT);
    for (Pattern form : new Pattern[] {UNITS, CLOCK}) {
      Matcher matcher = form.matcher(given);
      if (matcher.matches()) {
        long seconds = 0;
        for (int i = 0; i < SECONDS.length; i++) {
          String part = matcher.group(i + 1);
          seconds += part == null ? 0 : SECONDS[i] * Long.parseLong(part);
        }
        if (seconds > 0) {
          return Duration.ofSeconds(seconds);
        }
      }
    }
    throw new InvalidProblemException(
        option, text, "use seconds, or 90s, 30m, 1h30m, 1-12:00:00 and the like");
  }

  /** A time in words of one unit. */
  static String words(double seconds) {
    if (seconds < 1) {
      return String.format(Locale.ROOT, "%.1g s", Math.max(seconds, 0.01));
    }
    if (seconds < 100) {
      return String.format(Locale.ROOT, "%.0f s", seconds);
    }
    if (seconds < 100 * 60) {
      return String.format(Locale.ROOT, "%.0f min", seconds / 60);
    }
    return seconds < 48 * 3600
        ? String.format(Locale.ROOT, "%.1f h", seconds / 3600)
        : String.format(Locale.ROOT, "%.1f days", seconds / 86_400);
  }
}
