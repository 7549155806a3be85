package org.richkernel.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Who depends on the library gets neither the libraries of the program nor its logging. */
class ConsumerClassPathTest {
  private static final List<String> OF_THE_PROGRAM =
      List.of("picocli", "progressbar", "logback-classic");

  /** What comes with them. */
  private static final List<String> THEIR_OWN = List.of("logback-core", "jline");

  private static List<Element> dependencies() throws Exception {
    Element project =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new File("pom.xml"))
            .getDocumentElement();
    List<Element> found = new ArrayList<>();
    NodeList all = project.getElementsByTagName("dependency");
    for (int i = 0; i < all.getLength(); i++) {
      Element dependency = (Element) all.item(i);
      // of the project itself, and no profile
      if (dependency.getParentNode().getParentNode().equals(project)) {
        found.add(dependency);
      }
    }
    return found;
  }

  private static String text(Element element, String name) {
    NodeList found = element.getElementsByTagName(name);
    return found.getLength() == 0 ? "" : found.item(0).getTextContent();
  }

  @Test
  void whatTheProgramAloneNeedsIsOptional() throws Exception {
    List<String> optional =
        dependencies().stream()
            .filter(dependency -> text(dependency, "optional").equals("true"))
            .map(dependency -> text(dependency, "artifactId"))
            .toList();
    assertThat(optional).containsExactlyInAnyOrderElementsOf(OF_THE_PROGRAM);
  }

  /** The class path of this test without optional and test libraries, and without logback.xml. */
  @Test
  void aFitNeedsNoneOfIt(@TempDir Path folder) throws Exception {
    List<String> needless = new ArrayList<>(OF_THE_PROGRAM);
    needless.addAll(THEIR_OWN);
    dependencies().stream()
        .filter(dependency -> text(dependency, "scope").equals("test"))
        .forEach(dependency -> needless.add(text(dependency, "artifactId")));
    List<String> path = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      String name = Path.of(entry).getFileName().toString();
      if (name.endsWith(".jar") && needless.stream().noneMatch(name::startsWith)) {
        path.add(entry);
      }
    }
    path.add(libraryOf(folder).toString());
    path.add("target/test-classes");

    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                String.join(File.pathSeparator, path),
                Consumer.class.getName(),
                folder.resolve("fit").toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(output.lines().filter(line -> !line.startsWith("SLF4J"))).containsExactly("fitted");
    assertThat(folder.resolve("fit/report.html")).exists();
  }

  /** The classes without those of the program. */
  private static Path libraryOf(Path folder) throws IOException {
    Path classes = Path.of("target", "classes");
    Path library = folder.resolve("library");
    try (var files = Files.walk(classes)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path name = classes.relativize(file);
        boolean ofProgram =
            name.startsWith(Path.of("org", "richkernel", "cli")) || name.endsWith("logback.xml");
        if (!ofProgram) {
          Path copy = library.resolve(name);
          Files.createDirectories(copy.getParent());
          Files.copy(file, copy);
        }
      }
    }
    return library;
  }

  @Test
  void bothJarsHaveTheNameOfTheModule() throws IOException {
    String pom = Files.readString(Path.of("pom.xml"));
    String entry = "<Automatic-Module-Name>${module.name}</Automatic-Module-Name>";
    assertThat(pom).contains("<module.name>org.richkernel</module.name>");
    assertThat(Arrays.stream(pom.split("\n", -1)).filter(line -> line.contains(entry))).hasSize(2);
  }
}
