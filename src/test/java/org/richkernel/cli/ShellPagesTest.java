package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Completion for shells and pages for man. */
class ShellPagesTest {
  @TempDir static Path folder;

  @BeforeAll
  static void write() throws IOException {
    ShellPages.write(folder);
  }

  private static String output(String... command) throws IOException, InterruptedException {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      assumeTrue(false, command[0] + " cannot be started");
      throw e;
    }
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return text.strip();
  }

  /** What bash offers for the last of some words. */
  private static List<String> completed(String... words) throws Exception {
    String script =
        "source '"
            + folder.resolve("completion/richkernel.bash")
            + "'; COMP_WORDS=(richkernel "
            + String.join(" ", words)
            + "); COMP_CWORD="
            + words.length
            + "; _complete_richkernel 2>/dev/null; printf '%s\\n' \"${COMPREPLY[@]}\"";
    return output("bash", "-c", script).lines().map(String::strip).toList();
  }

  @Test
  void bashCompletesCommandsOptionsWordsAndFiles() throws Exception {
    assertThat(completed("ba")).containsExactly("bayes");
    assertThat(completed("bayes", "--gamma-")).containsExactly("--gamma-path");
    assertThat(completed("bayes", "--activation", "t")).containsExactly("tanh");
    assertThat(completed("dynamics", "--solver", "one")).containsExactly("one-hidden");
    assertThat(completed("bayes", "--form", "d")).containsExactly("dual");
    assertThat(completed("lazy", "--train-x", "pom.x")).containsExactly("pom.xml");
  }

  @Test
  void everyCommandHasAPageWithItsOptions() throws IOException {
    try (Stream<Path> pages = Files.list(folder.resolve("man/man1"))) {
      assertThat(pages.map(page -> page.getFileName().toString()))
          .contains("richkernel.1", "richkernel-bayes.1", "richkernel-check.1");
    }
    String bayes = Files.readString(folder.resolve("man/man1/richkernel-bayes.1"));
    assertThat(bayes)
        .startsWith(".TH \"RICHKERNEL-BAYES\" 1")
        .contains(".B \\-\\-gamma=G\nRichness", "Default: 1.", ".SH MACHINE", ".SH EXAMPLE")
        .doesNotContain("${");
    assertThat(Files.readString(folder.resolve("man/man1/richkernel.1")))
        .contains(".SH COMMANDS", ".B bayes", ".SH EXIT CODES");
  }

  @Test
  void groffHasNothingToSayAgainstThem() throws Exception {
    try (Stream<Path> pages = Files.list(folder.resolve("man/man1"))) {
      for (Path page : pages.toList()) {
        assertThat(output("groff", "-man", "-ww", "-z", page.toString())).isEmpty();
      }
    }
  }
}
