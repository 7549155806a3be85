package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShellLineTest {
  @TempDir Path folder;

  @Test
  void aJarIsRunByJavaAndClassesByMaven() throws Exception {
    Path jar = Files.createFile(folder.resolve("rich kernel.jar"));

    assertThat(ShellLine.of(jar, List.of("lazy", "--out=a b")))
        .isEqualTo("java -jar '" + jar + "' lazy '--out=a b'");
    assertThat(ShellLine.of(folder, List.of("lazy", "--seed=1")))
        .isEqualTo("mvn -q compile exec:java -Dexec.args='lazy --seed=1'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "two words", "it's $HOME", "\"`q`\" \\ 'x'", "--a=b;c", "*"})
  void aShellReadsTheWordBack(String word) throws Exception {
    Process shell = new ProcessBuilder("sh", "-c", "printf %s " + ShellLine.quoted(word)).start();

    assertThat(new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo(word);
  }
}
