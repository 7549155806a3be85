package org.richkernel.gallery;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A command line of this program whose result a page shows.
 *
 * @param folder of the result within that of the page
 * @param words the command and its options, without the data and without --out
 * @param onData whether it reads the data that the gallery is made of
 */
public record Run(String folder, List<String> words, boolean onData) {
  /** Stands for the folder of test-data in a line. */
  static final String TEST_DATA = "{test-data}";

  /** Takes a copy of the words. */
  public Run {
    words = List.copyOf(words);
  }

  /** A run without data; the line is formatted with the values and split at blanks. */
  static Run of(String folder, String line, Object... values) {
    return new Run(folder, split(line, values), false);
  }

  /** A run on the data of the gallery. */
  static Run onData(String folder, String line, Object... values) {
    return new Run(folder, split(line, values), true);
  }

  private static List<String> split(String line, Object... values) {
    return List.of(String.format(Locale.ROOT, line, values).strip().split("\\s+"));
  }

  /** Name of the command. */
  public String command() {
    return words.get(0);
  }

  /**
   * The whole command line. --out comes after the first word, as arguments after the options of a
   * sweep belong to the command that it runs.
   *
   * @param page folder of the page
   * @param data options that name the data
   * @param machine options of the backend
   * @param samples folder of test-data
   */
  List<String> line(Path page, List<String> data, List<String> machine, Path samples) {
    List<String> line = new ArrayList<>(List.of(command(), "--out=" + page.resolve(folder)));
    line.addAll(words.subList(1, words.size()));
    if (onData) {
      line.addAll(data);
    }
    line.addAll(machine);
    line.replaceAll(word -> word.replace(TEST_DATA, samples.toString()));
    return line;
  }
}
