package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fits under every other JDK that is found: in RICHKERNEL_TEST_JDKS (homes with colons between), in
 * variables such as JAVA_HOME_21_X64, and in /usr/lib/jvm.
 */
class OtherJdksTest {
  private static final Pattern VERSION = Pattern.compile("JAVA_VERSION=\"([0-9]+).*\"");

  @TempDir Path folder;

  @Test
  void anotherJdkGivesTheSameBytesAndNoWarning() throws Exception {
    Map<Integer, Path> others = others();
    if (others.isEmpty()) {
      System.out.println("fits under other JDKs skipped: none but this one was found");
    }
    assumeFalse(others.isEmpty(), "no other JDK was found; name some in RICHKERNEL_TEST_JDKS");
    Path jar = jar();
    Path own = folder.resolve("own");
    assertThat(Program.run(fit(own).toArray(String[]::new)).code()).isZero();
    for (Map.Entry<Integer, Path> other : others.entrySet()) {
      System.out.println("a fit under JDK " + other.getKey() + ", " + other.getValue());
      Path out = folder.resolve("of-" + other.getKey());
      List<String> command = new ArrayList<>(List.of(other.getValue() + "/bin/java", "-Xmx1g"));
      command.addAll(List.of("-jar", jar.toString()));
      command.addAll(fit(out));
      Path errors = folder.resolve("errors");
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(errors.toFile())
              .start();
      assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
      assertThat(errors).isEmptyFile();
      assertThat(out.resolve("arrays.npz")).hasSameBinaryContentAs(own.resolve("arrays.npz"));
    }
  }

  private static List<String> fit(Path out) {
    List<String> fit = Program.digits("finite", 8, 6, "--method=gd", "--hidden-layers=2");
    fit.addAll(List.of("--width=30", "--repeats=3", "--steps=5", "--backend=cpu", "--threads=2"));
    fit.addAll(List.of("--quiet", "--out=" + out));
    return fit;
  }

  /** Homes of JDKs of other versions than this one, by version. */
  private static Map<Integer, Path> others() throws IOException {
    List<Path> homes = new ArrayList<>();
    String named = System.getenv().getOrDefault("RICHKERNEL_TEST_JDKS", "");
    Arrays.stream(named.split(":")).filter(s -> !s.isBlank()).map(Path::of).forEach(homes::add);
    System.getenv()
        .forEach(
            (name, value) -> {
              if (name.matches("JAVA_HOME_[0-9]+_X64")) {
                homes.add(Path.of(value));
              }
            });
    Path usual = Path.of("/usr/lib/jvm");
    if (Files.isDirectory(usual)) {
      try (Stream<Path> installed = Files.list(usual)) {
        installed.sorted().forEach(homes::add);
      }
    }
    Map<Integer, Path> others = new TreeMap<>();
    for (Path home : homes) {
      int version = version(home);
      if (version >= 17 && version != Runtime.version().feature()) {
        others.putIfAbsent(version, home);
      }
    }
    return others;
  }

  /** The version of a JDK by its file of release notes; 0 where there is none. */
  private static int version(Path home) throws IOException {
    Path release = home.resolve("release");
    if (!Files.isExecutable(home.resolve("bin/java")) || !Files.isRegularFile(release)) {
      return 0;
    }
    Matcher version = VERSION.matcher(Files.readString(release));
    return version.find() ? Integer.parseInt(version.group(1)) : 0;
  }

  /** A jar that starts the classes of this test as target/richkernel.jar starts its own. */
  private Path jar() throws IOException {
    Path jar = folder.resolve("richkernel.jar");
    Manifest manifest = new Manifest();
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    attributes.put(Attributes.Name.MAIN_CLASS, Main.class.getName());
    attributes.put(Attributes.Name.CLASS_PATH, classPath());
    for (String name : List.of("Multi-Release", "Enable-Native-Access")) {
      attributes.putValue(name, entry(name));
    }
    try (OutputStream out = Files.newOutputStream(jar)) {
      new JarOutputStream(out, manifest).close();
    }
    return jar;
  }

  private static String classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(part -> Path.of(part).toUri().toString())
        .collect(Collectors.joining(" "));
  }

  /** An entry of the manifest as the build writes it. */
  private static String entry(String name) throws IOException {
    String build = Files.readString(Path.of("pom.xml"), StandardCharsets.UTF_8);
    Matcher entry = Pattern.compile("<" + name + ">(.+)</" + name + ">").matcher(build);
    assertThat(entry.find()).as(name).isTrue();
    return entry.group(1);
  }
}
