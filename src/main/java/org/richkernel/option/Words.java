package org.richkernel.option;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.richkernel.network.InvalidProblemException;

/** Words that a user may write: the constants of an enum, names of options and commands. */
public final class Words {
  private Words() {}

  /** A constant as users write it: in lower case, with dashes. */
  public static String of(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** All constants of an enum as users write them. */
  public static List<String> all(Class<?> type) {
    return Arrays.stream(type.getEnumConstants()).map(c -> of((Enum<?>) c)).toList();
  }

  /**
   * The constant of a word.
   *
   * @throws IllegalArgumentException naming the allowed words and the most similar one
   */
  public static <E> E constant(Class<E> type, String word) {
    for (E constant : type.getEnumConstants()) {
      if (of((Enum<?>) constant).equals(word.strip().toLowerCase(Locale.ROOT))) {
        return constant;
      }
    }
    throw new IllegalArgumentException(mend(word, all(type)));
  }

  /**
   * The same for an option.
   *
   * @throws InvalidProblemException naming the option, the allowed words and the most similar one
   */
  public static <E> E constant(String option, Class<E> type, String word) {
    require(option, word, all(type));
    return constant(type, word);
  }

  /**
   * Refuses a word that is not allowed.
   *
   * @throws InvalidProblemException naming the option, the allowed words and the most similar one
   */
  public static void require(String option, String word, List<String> allowed) {
    if (!allowed.contains(word.strip().toLowerCase(Locale.ROOT))) {
      throw new InvalidProblemException(option, word, mend(word, allowed));
    }
  }

  /** The allowed words, and the one most similar to the given word. */
  public static String mend(String word, List<String> allowed) {
    String likely = like(word, allowed).map(w -> "did you mean " + w + "? ").orElse("");
    return likely + "use " + either(allowed);
  }

  /** a, b or c. */
  static String either(List<String> words) {
    int last = words.size() - 1;
    return last < 1
        ? String.join("", words)
        : String.join(", ", words.subList(0, last)) + " or " + words.get(last);
  }

  /** The known word of the fewest edits, if these are few compared with its length. */
  public static Optional<String> like(String word, Collection<String> known) {
    String given = word.strip().toLowerCase(Locale.ROOT);
    String best = "";
    int fewest = Integer.MAX_VALUE;
    for (String candidate : known) {
      String other = candidate.toLowerCase(Locale.ROOT);
      // a tie goes to the word with the same first letter
      int edits = 2 * edits(given, other) + (sameStart(given, other) ? 0 : 1);
      if (edits < fewest) {
        fewest = edits;
        best = candidate;
      }
    }
    boolean few = fewest / 2 <= Math.max(1, Math.min(given.length(), best.length()) / 3);
    return few && given.length() > 1 ? Optional.of(best) : Optional.empty();
  }

  private static boolean sameStart(String a, String b) {
    return !a.isEmpty() && !b.isEmpty() && a.charAt(0) == b.charAt(0);
  }

  /** Number of insertions, deletions, replacements and swaps of neighbours that turn a into b. */
  private static int edits(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        d[i][j] = Math.min(d[i - 1][j - 1] + change, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (swapped) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
