package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The commands that README.md shows run in a clone: files, options and plans of each. */
class ReadmeCommandsTest {
  private static final String START = "java -jar target/richkernel.jar ";
  private static final Pattern CONTINUED = Pattern.compile("\\\\\\n\\s*");

  private static List<List<String>> shown() throws IOException {
    String text = CONTINUED.matcher(Files.readString(Path.of("README.md"))).replaceAll("");
    return text.lines()
        .filter(line -> line.startsWith(START))
        .map(line -> List.of(line.substring(START.length()).strip().split("\\s+")))
        .toList();
  }

  private static Stream<List<String>> fits() throws IOException {
    return shown().stream().filter(command -> !command.get(0).equals("report"));
  }

  @ParameterizedTest
  @MethodSource("fits")
  void everyFitCanBePlanned(List<String> command) {
    List<String> planned = new ArrayList<>(command);
    planned.addAll(List.of("--dry-run", "--backend=cpu"));
    Program run = Program.run(planned.toArray(String[]::new));
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
  }

  @Test
  void everyReportIsOfFoldersThatAnotherCommandWrites() throws IOException {
    List<String> written =
        fits().map(command -> command.get(command.indexOf("--out") + 1)).toList();
    List<List<String>> reports =
        shown().stream().filter(command -> command.get(0).equals("report")).toList();
    assertThat(reports).isNotEmpty();
    for (List<String> report : reports) {
      assertThat(written).contains(report.get(1), report.get(report.indexOf("--compare") + 1));
    }
  }
}
