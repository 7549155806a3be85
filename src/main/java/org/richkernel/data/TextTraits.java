package org.richkernel.data;

import java.util.ArrayList;
import java.util.List;

/**
 * The parts of a text file that are no numbers, and a first line that may be none.
 *
 * @param names the first line, where it was taken as names of columns; else empty
 * @param comments number of lines that begin with # and were skipped
 * @param numbered whether the first line is 0, 1, .., n - 1
 */
record TextTraits(List<String> names, int comments, Numbered numbered) {
  /** A first line that is 0, 1, .., n - 1 in plain digits: column numbers, or a point. */
  enum Numbered {
    /** The first line is another one. */
    NO,
    /** All other fields of the file are plain digits as well. */
    AMONG_DIGITS,
    /** The other lines hold signs, points or exponents. */
    UNLIKE_THE_REST
  }

  /** The traits of a file that is no text. */
  static final TextTraits NONE = new TextTraits(List.of(), 0, Numbered.NO);

  private static final int SHOWN_NAMES = 4;

  /** The lines that hold no point, in words; empty if there are none. */
  List<String> skipped() {
    List<String> words = new ArrayList<>();
    if (!names.isEmpty()) {
      String shown = String.join(", ", names.subList(0, Math.min(SHOWN_NAMES, names.size())));
      words.add("a line of names (" + shown + (names.size() > SHOWN_NAMES ? ", ..." : "") + ")");
    }
    if (comments > 0) {
      words.add(comments + (comments == 1 ? " comment line" : " comment lines"));
    }
    return words;
  }

  /** The first line as a message shows it. */
  static String numbers(int columns) {
    return columns == 1
        ? "0"
        : columns == 2 ? "0,1" : columns == 3 ? "0,1,2" : "0,1,..," + (columns - 1);
  }
}
