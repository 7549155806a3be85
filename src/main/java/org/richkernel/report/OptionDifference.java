package org.richkernel.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.richkernel.result.NeutralOptions;
import org.richkernel.result.Summary;

/**
 * An option that two runs were given different values of.
 *
 * @param name without dashes
 * @param own its value in the first run
 * @param other its value in the second run
 */
public record OptionDifference(String name, String own, String other) {
  private static final String NONE = "none";

  /**
   * The options that differ, in the order of the first run. Runs of one command are compared in all
   * options, runs of two in those that have a value in both.
   */
  static List<OptionDifference> between(Summary own, Summary other) {
    Map<String, Object> all = new LinkedHashMap<>(own.config());
    if (own.command().equals(other.command())) {
      other.config().keySet().forEach(name -> all.putIfAbsent(name, NONE));
    } else {
      all.keySet()
          .removeIf(name -> own.config().get(name) == null || other.config().get(name) == null);
    }
    all.keySet().removeAll(NeutralOptions.NAMES);
    // rounding is no difference between runs
    all.remove("threads");
    List<OptionDifference> differences = new ArrayList<>();
    for (String name : all.keySet()) {
      String mine = words(own.config().get(name));
      String theirs = words(other.config().get(name));
      if (!mine.equals(theirs)) {
        differences.add(new OptionDifference(name, mine, theirs));
      }
    }
    return differences;
  }

  /** A value as text, the same for 1 and 1.0. */
  private static String words(@Nullable Object value) {
    if (value == null) {
      return NONE;
    }
    if (value instanceof Number number) {
      double exact = number.doubleValue();
      return exact == Math.rint(exact) && Math.abs(exact) < 1e15
          ? Long.toString((long) exact)
          : Double.toString(exact);
    }
    return value.toString();
  }

  @Override
  public String toString() {
    return name + " " + own + " against " + other;
  }
}
