package org.richkernel.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.richkernel.data.TextTraits.Numbered;

/**
 * The points that were read and the lines and rows that were left out, in words.
 *
 * @param line points, columns, classes, and everything skipped
 * @param warnings lines that may have been taken for something else than they are
 * @param files by the name of their option, such as "train-x"
 */
public record Reading(String line, List<String> warnings, Map<String, DataFile> files) {
  private static final int SHOWN_CLASSES = 10;

  /** The points of a fit or of a test. */
  enum Role {
    TRAIN("training"),
    TEST("test");

    private final String word;

    Role(String word) {
      this.word = word;
    }

    private String option(String what) {
      return (this == TRAIN ? "train-" : "test-") + what;
    }
  }

  /** Takes copies of the warnings and of the files. */
  public Reading {
    warnings = List.copyOf(warnings);
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
  }

  /** A data set that was not read from files. */
  public static Reading ofMemory() {
    return new Reading("", List.of(), Map.of());
  }

  /** Points without labels. */
  static Reading of(Role role, Table x, int points) {
    requireNoColumnNumbers(x);
    Map<String, DataFile> files = new LinkedHashMap<>();
    x.file().ifPresent(file -> files.put(role.option("x"), file));
    return new Reading(
        "read " + points(role.word, x, points) + skipped(x),
        x.traits().numbered() == Numbered.NO ? List.of() : List.of(doubt(x)),
        files);
  }

  /** Points with labels. */
  static Reading of(Role role, Table x, Table y, Targets targets) {
    boolean both = x.traits().numbered() != Numbered.NO && y.traits().numbered() != Numbered.NO;
    if (both) {
      requireNoColumnNumbers(x);
    }
    Map<String, DataFile> files = new LinkedHashMap<>();
    x.file().ifPresent(file -> files.put(role.option("x"), file));
    y.file().ifPresent(file -> files.put(role.option("y"), file));
    return new Reading(
        "read "
            + points(role.word, x, targets.rows().length)
            + ", "
            + words(targets)
            + skipped(x, y),
        both ? List.of(doubt(x)) : List.of(),
        files);
  }

  /** Both in one line. */
  Reading and(Reading other) {
    List<String> all = new ArrayList<>(warnings);
    all.addAll(other.warnings);
    Map<String, DataFile> both = new LinkedHashMap<>(files);
    both.putAll(other.files);
    return new Reading(line + "; " + other.line.substring("read ".length()), all, both);
  }

  /**
   * Advice about a file with one row more than the other; empty if its first line is not a list of
   * column numbers.
   */
  static String withoutColumnNumbers(Table longer) {
    return longer.traits().numbered() == Numbered.NO
        ? ""
        : "line 1 of "
            + longer.source()
            + " is "
            + TextTraits.numbers(longer.columns())
            + ", column numbers and no point: remove it";
  }

  /** Refuses a first line of column numbers above lines that are written otherwise. */
  private static void requireNoColumnNumbers(Table x) {
    if (x.traits().numbered() == Numbered.UNLIKE_THE_REST && x.columns() > 1) {
      String numbers = TextTraits.numbers(x.columns());
      throw new InvalidDataException(
          x.source(),
          "line 1 is " + numbers + ", which looks like column numbers and no point",
          "remove the line from inputs and labels, or write 0.0 for 0 in it if it is a point");
    }
  }

  private static String doubt(Table x) {
    return x.source()
        + ": line 1 is "
        + TextTraits.numbers(x.columns())
        + " and was read as a point; remove it from inputs and labels if it holds column numbers";
  }

  private static String points(String kind, Table x, int points) {
    return points
        + (points < x.rows() ? " of " + x.rows() : "")
        + " "
        + kind
        + (x.rows() == 1 ? " point of " : " points of ")
        + x.columns()
        + (x.columns() == 1 ? " column" : " columns");
  }

  private static String words(Targets targets) {
    int points = targets.rows().length;
    List<String> names = targets.classNames();
    if (names.isEmpty()) {
      int outputs = targets.values().length / points;
      return outputs == 1 ? "real targets" : outputs + " real targets each";
    }
    int[] counts = new int[names.size()];
    Arrays.stream(targets.labels()).forEach(label -> counts[label]++);
    List<String> classes = new ArrayList<>();
    for (int k = 0; k < Math.min(counts.length, SHOWN_CLASSES); k++) {
      classes.add(names.get(k) + " (" + counts[k] + ")");
    }
    return "classes "
        + String.join(", ", classes)
        + (counts.length > SHOWN_CLASSES ? ", ... (" + counts.length + " in all)" : "");
  }

  private static String skipped(Table... tables) {
    Set<String> words = new LinkedHashSet<>();
    for (Table table : tables) {
      List<String> skipped = table.traits().skipped();
      if (!skipped.isEmpty()) {
        words.add(String.join(" and ", skipped) + " of " + table.source());
      }
    }
    return words.isEmpty() ? "" : "; skipped: " + String.join("; ", words);
  }
}
