package org.richkernel.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Commands of this program as a shell takes them. */
final class ShellLine {
  private ShellLine() {}

  /** The line that runs arguments with this program, to be pasted where it was started. */
  static String of(List<String> arguments) {
    return of(TestData.location(), arguments);
  }

  /**
   * The same for a program at some place.
   *
   * @param location its jar, or its folder of classes, which Maven runs; null where not known
   */
  static String of(@Nullable Path location, List<String> arguments) {
    String rest = arguments.stream().map(ShellLine::quoted).collect(Collectors.joining(" "));
    if (location != null && Files.isRegularFile(location)) {
      return "java -jar " + quoted(relative(location).toString()) + " " + rest;
    }
    // quotes within, as Maven splits the words again
    return "mvn -q compile exec:java -Dexec.args=" + quoted(rest);
  }

  private static Path relative(Path file) {
    Path here = Path.of("").toAbsolutePath();
    return file.startsWith(here) ? here.relativize(file) : file;
  }

  /** A word, in single quotes where a shell would read something else. */
  static String quoted(String word) {
    return word.matches("[A-Za-z0-9_@%+=:,./-]+")
        ? word
        : word.contains("'")
            ? '"' + word.replaceAll("([\"\\\\$`])", "\\\\$1") + '"'
            : "'" + word + "'";
  }
}
