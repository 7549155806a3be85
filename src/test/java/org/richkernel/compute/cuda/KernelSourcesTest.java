package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Precision;

/** The kernel folder and the modules that are packaged hold the same files and names. */
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

  @Test
  void everySourceBelongsToOneModule() throws IOException {
    List<String> listed = new ArrayList<>();
    for (KernelModule module : KernelModule.values()) {
      listed.addAll(module.sources());
    }
    assertThat(listed).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(files(".cu"));
  }

  @Test
  void modulesListTheHeadersThatTheirSourcesInclude() throws IOException {
    Pattern include = Pattern.compile("(?m)^#include \"(.*)\"$");
    for (KernelModule module : KernelModule.values()) {
      TreeSet<String> included = new TreeSet<>();
      for (String source : module.sources()) {
        Matcher matcher = include.matcher(Files.readString(FOLDER.resolve(source)));
        while (matcher.find()) {
          included.add(matcher.group(1));
        }
      }
      assertThat(module.includes()).as(module.name()).containsExactlyElementsOf(included);
    }
    assertThat(files(".cuh"))
        .allSatisfy(
            header ->
                assertThat(KernelModule.values())
                    .anySatisfy(module -> assertThat(module.includes()).contains(header)));
  }

  @Test
  void packagedTextsAreThoseOfTheFolder() throws IOException {
    for (KernelModule module : KernelModule.values()) {
      KernelSources sources = KernelSources.of(module);
      for (int i = 0; i < sources.names().size(); i++) {
        assertThat(sources.texts().get(i))
            .as(sources.names().get(i))
            .isEqualTo(Files.readString(FOLDER.resolve(sources.names().get(i))));
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
