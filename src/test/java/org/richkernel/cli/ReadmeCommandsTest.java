package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The commands that README.md and docs/ show run in a clone: files, options and plans of each. */
class ReadmeCommandsTest {
  private static final String START = "java -jar target/richkernel.jar ";

  /** Commands that read what another one wrote. */
  private static final Set<String> AFTERWARDS = Set.of("predict", "report", "check");

  private static final Pattern CONTINUED = Pattern.compile("\\\\\\n\\s*");

  private static List<List<String>> shown() throws IOException {
    StringBuilder text = new StringBuilder(Files.readString(Path.of("README.md")));
    try (Stream<Path> pages = Files.list(Path.of("docs"))) {
      for (Path page : pages.filter(file -> file.toString().endsWith(".md")).sorted().toList()) {
        text.append('\n').append(Files.readString(page));
      }
    }
    return CONTINUED
        .matcher(text)
        .replaceAll("")
        .lines()
        .filter(line -> line.startsWith(START))
        .map(line -> List.of(line.substring(START.length()).strip().split("\\s+")))
        .toList();
  }

  private static Stream<List<String>> fits() throws IOException {
    return shown().stream().filter(command -> !AFTERWARDS.contains(command.get(0)));
  }

  @ParameterizedTest
  @MethodSource("fits")
  void everyFitCanBePlanned(List<String> command) {
    List<String> planned = new ArrayList<>(command);
    planned.addAll(List.of("--dry-run", "--backend=cpu"));
    if (!planned.contains("--quiet")) {
      planned.add("--quiet"); // which times no steps
    }
    Program run = Program.run(planned.toArray(String[]::new));
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
  }

  @Test
  void everyOtherCommandReadsFoldersThatAFitWrites() throws IOException {
    List<String> written = fits().map(command -> after("--out", command)).toList();
    List<String> dumped =
        fits()
            .filter(command -> command.contains("--dump"))
            .map(command -> after("--dump", command))
            .toList();
    List<List<String>> others =
        shown().stream().filter(command -> AFTERWARDS.contains(command.get(0))).toList();
    assertThat(others).extracting(command -> command.get(0)).containsAll(AFTERWARDS);
    for (List<String> command : others) {
      if (command.get(0).equals("report")) {
        assertThat(written).contains(command.get(1), after("--compare", command));
      } else if (command.get(0).equals("check")) {
        assertThat(dumped).contains(command.get(1));
      } else {
        assertThat(written).contains(after("--from", command));
        assertThat(Path.of(after("--test-x", command))).exists();
      }
    }
  }

  private static String after(String option, List<String> command) {
    return command.get(command.indexOf(option) + 1);
  }
}
