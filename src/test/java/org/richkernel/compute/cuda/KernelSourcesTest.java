package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Precision;

/** The kernel folder and the sources that are packaged hold the same files and names. */
class KernelSourcesTest {
  private static final Path FOLDER = Path.of("kernels-cu");
  private static final Pattern NAME = Pattern.compile("rk(_[a-z]+){2,3}_[fi](32|64)(_f(32|64))?");

  private static List<String> files(String suffix) throws IOException {
    try (Stream<Path> walk = Files.walk(FOLDER)) {
      return walk.map(FOLDER::relativize)
          .map(Path::toString)
          .filter(name -> name.endsWith(suffix))
          .sorted()
          .toList();
    }
  }

  /** Every source, the probe's included. */
  private static Set<String> sources() {
    Set<String> sources = new TreeSet<>(Set.of(ProbeKernel.SOURCE));
    for (Kernel kernel : Kernel.values()) {
      sources.add(kernel.source());
    }
    return sources;
  }

  @Test
  void everyFileIsUsedAndEveryKernelIsInItsFile() throws IOException {
    assertThat(sources()).containsExactlyElementsOf(files(".cu"));
    Set<String> headers = new TreeSet<>();
    for (String source : sources()) {
      List<String> names = KernelSources.of(source).names();
      headers.addAll(names.subList(1, names.size()));
    }
    assertThat(headers).containsExactlyElementsOf(files(".cuh"));
  }

  /** NVRTC knows no folders: a header that includes another would not be found. */
  @Test
  void headersIncludeNothing() throws IOException {
    for (String header : files(".cuh")) {
      assertThat(Files.readString(FOLDER.resolve(header))).as(header).doesNotContain("#include");
    }
  }

  @Test
  void packagedTextsAreThoseOfTheFolder() throws IOException {
    for (String source : sources()) {
      KernelSources packaged = KernelSources.of(source);
      for (int i = 0; i < packaged.names().size(); i++) {
        assertThat(packaged.texts().get(i))
            .as(packaged.names().get(i))
            .isEqualTo(Files.readString(FOLDER.resolve(packaged.names().get(i))));
      }
    }
  }

  @Test
  void symbolsAreNounVerbAndType() {
    for (Kernel kernel : Kernel.values()) {
      for (Precision precision : Precision.values()) {
        assertThat(kernel.symbol(precision)).matches(NAME);
      }
    }
  }

  /**
   * What a reader of a kernel needs: launch shape, shared memory, ranges, ownership, definition.
   */
  @Test
  void everySourceDocumentsItsLaunch() throws IOException {
    for (String name : files(".cu")) {
      String text = Files.readString(FOLDER.resolve(name));
      assertThat(text)
          .as(name)
          .contains("Grid:", "Block:", "Shared:", "Index range", "Owns:", "Defined by:");
    }
  }
}
