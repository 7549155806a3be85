package org.richkernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.data.ArrayReader;
import org.richkernel.fit.AdaptiveNbkFit;
import org.richkernel.fit.DynamicsFit;
import org.richkernel.model.SavedFit;

/** The Java examples of the README and of docs/ compile, run, and stand there as they were run. */
class ReadmeExampleTest {
  @ParameterizedTest
  @CsvSource({"ReadmeExample, README.md", "ReadmeDynamicsExample, docs/dynamics.md"})
  void pageShowsTheExampleThatIsCompiledHere(String name, Path page) throws IOException {
    String source = Files.readString(Path.of("src/test/java/org/richkernel/" + name + ".java"));
    String example =
        source.substring(
            source.indexOf("// README: begin\n") + "// README: begin\n".length(),
            source.indexOf("// README: end"));
    assertThat(words(Files.readString(page))).contains(words(example));
  }

  @Test
  void dynamicsExampleRuns(@TempDir Path folder) {
    DynamicsFit trained = ReadmeDynamicsExample.run(folder.resolve("trained"));
    assertThat(trained.outcome()).contains("done");
    assertThat(trained.time()).hasSize(21);
    assertThat(folder.resolve("trained/summary.json")).exists();
  }

  /** The text without line breaks and indentation, which differ between the two. */
  private static String words(String text) {
    List<String> words = Arrays.asList(text.split("\\s+"));
    return words.stream().filter(word -> !word.isEmpty()).collect(Collectors.joining());
  }

  @Test
  void exampleFitsSavesAndCanBeAppliedAgain(@TempDir Path folder) {
    AdaptiveNbkFit fit = ReadmeExample.run(folder.resolve("fit"));
    assertThat(fit.converged()).isTrue();
    assertThat(fit.testScores().orElseThrow().loss())
        .isLessThan(fit.lazy().testScores().orElseThrow().loss());
    assertThat(folder.resolve("fit/summary.json")).exists();
    try (Backend backend = Backends.cpu()) {
      double[] again =
          SavedFit.read(folder.resolve("fit"))
              .predict(backend, ArrayReader.read("test-data/mnist01-test-images-idx3-ubyte.gz"));
      assertThat(again).hasSize(1000).doesNotContain(Double.NaN);
    }
  }
}
