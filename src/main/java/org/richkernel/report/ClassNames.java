package org.richkernel.report;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.richkernel.result.Result;

/**
 * Names of the classes of a result.
 *
 * @param names of the targets -1 and +1, or of each of several outputs; empty where they are not
 *     known
 */
record ClassNames(List<String> names) {
  /** For targets that are no classes. */
  static final ClassNames NONE = new ClassNames(List.of());

  /** Longer names would run into each other. */
  private static final int LONGEST = 16;

  /** The names in a summary. */
  static ClassNames of(Result result) {
    return result.summary().details().get(Result.CLASS_NAMES) instanceof List<?> names
        ? new ClassNames(shortened(names.stream().map(String::valueOf).toList()))
        : NONE;
  }

  /** Names that are short if they still differ then. */
  static List<String> shortened(List<String> names) {
    List<String> brief = names.stream().map(ClassNames::shortened).toList();
    return Set.copyOf(brief).size() == Set.copyOf(names).size() ? brief : names;
  }

  private static String shortened(String name) {
    if (name.length() <= LONGEST) {
      return name;
    }
    // a character of two parts is kept or left out whole
    int end = Character.isHighSurrogate(name.charAt(LONGEST - 2)) ? LONGEST - 2 : LONGEST - 1;
    return name.substring(0, end) + "\u2026";
  }

  /** The name of the class of an output, or its number. */
  String ofOutput(int output, int outputs) {
    return names.size() == outputs ? names.get(output) : Integer.toString(output);
  }

  /** The name of the class of a target of one output; empty for labels that are -1 and +1. */
  Optional<String> ofTarget(double y) {
    boolean known = names.size() == 2 && Math.abs(y) == 1 && !areTargets();
    return known ? Optional.of(names.get(y < 0 ? 0 : 1)) : Optional.empty();
  }

  /** Whether the classes are named as their targets are. */
  private boolean areTargets() {
    return names.get(0).equals("-1") && (names.get(1).equals("1") || names.get(1).equals("+1"));
  }
}
