package org.richkernel.cli;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.data.InvalidDataException;

/** The data of the project: in test-data/ of the working directory, or beside the jar's folder. */
final class TestData {
  private static final String DATA = "test-data";

  private static final Path SHORT = Path.of(DATA, "digits.yaml");

  private TestData() {}

  /** The same, in one word where the working directory is that of the project. */
  static List<String> digitsInBrief() {
    return Files.isRegularFile(SHORT) ? List.of("--config=" + SHORT) : digits();
  }

  /**
   * Options that name the digits 0 and 1.
   *
   * @throws InvalidDataException if there is no such folder
   */
  static List<String> digits() {
    Path data = folder();
    return List.of(
        "--train-x=" + data.resolve("mnist01-train-images-idx3-ubyte.gz"),
        "--train-y=" + data.resolve("mnist01-train-labels-idx1-ubyte.gz"),
        "--test-x=" + data.resolve("mnist01-test-images-idx3-ubyte.gz"),
        "--test-y=" + data.resolve("mnist01-test-labels-idx1-ubyte.gz"),
        "--classes=0,1");
  }

  /** The folder of the data, otherwise that of the working directory. */
  static Path samples() {
    return found().orElse(Path.of(DATA));
  }

  private static Path folder() {
    return found()
        .orElseThrow(
            () ->
                new InvalidDataException(
                    DATA, "there is no such folder here", "run it in the folder of the project"));
  }

  private static Optional<Path> found() {
    Path here = Path.of(DATA);
    if (Files.isDirectory(here)) {
      return Optional.of(here);
    }
    Path jar = location();
    if (jar != null && jar.getParent() != null && jar.getParent().getParent() != null) {
      Path beside = jar.getParent().getParent().resolve(DATA);
      if (Files.isDirectory(beside)) {
        return Optional.of(beside);
      }
    }
    return Optional.empty();
  }

  /** The jar or folder of classes that this runs from; null where the JVM does not tell. */
  static @Nullable Path location() {
    try {
      var source = TestData.class.getProtectionDomain().getCodeSource();
      return source == null ? null : Path.of(source.getLocation().toURI());
    } catch (URISyntaxException e) {
      return null;
    }
  }
}
