package org.richkernel.result;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.richkernel.data.AtomicFile;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.NpzWriter;

/**
 * The folder that holds a result: {@code summary.json} and {@code arrays.npz}.
 *
 * <p>Each file appears whole or not at all, and summary.json last, so a folder with a summary.json
 * is complete. A result that is written over an older one never mixes with it.
 */
public final class ResultFolder {
  /** Name of the file with the numbers. */
  public static final String SUMMARY = "summary.json";

  /** Name of the file with the arrays. */
  public static final String ARRAYS = "arrays.npz";

  /** What a killed process may leave behind: temporary names of {@link AtomicFile}. */
  private static final Pattern LEFTOVER =
      Pattern.compile(
          "\\.(summary\\.json|arrays\\.npz|model\\.json|model\\.npz|report\\.html|probe)"
              + "\\.[0-9a-f-]{36}\\.tmp");

  private ResultFolder() {}

  /**
   * Makes sure that a result can be written, before the work that leads to it: creates the folder,
   * tries a file in it, and removes what a killed run left half-written.
   *
   * @throws UncheckedIOException with one line that says why the folder cannot be used
   */
  public static void prepare(Path folder) {
    try {
      Files.createDirectories(folder);
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.filter(ResultFolder::isLeftover).toList()) {
          Files.deleteIfExists(file);
        }
      }
      try (AtomicFile probe = AtomicFile.create(folder.resolve("probe"))) {
        probe.stream().write(0);
        probe.stream().flush();
      }
    } catch (UncheckedIOException e) {
      throw unusable(folder, e.getCause());
    } catch (IOException e) {
      throw unusable(folder, e);
    }
  }

  private static boolean isLeftover(Path file) {
    return LEFTOVER.matcher(file.getFileName().toString()).matches();
  }

  private static UncheckedIOException unusable(Path folder, IOException e) {
    String reason =
        e instanceof FileAlreadyExistsException
            ? "a file is in the way: " + e.getMessage()
            : e.getClass().getSimpleName() + ": " + e.getMessage();
    return new UncheckedIOException(
        folder + ": no result can be written there (" + reason + "); choose another --out folder",
        e);
  }

  /**
   * Writes a result, over an older one if there is one.
   *
   * @throws UncheckedIOException if a file cannot be written; nothing half-written is left then
   */
  public static void write(Path folder, Result result) {
    prepare(folder);
    Path summaryFile = folder.resolve(SUMMARY);
    try (NpzWriter arrays = NpzWriter.create(folder.resolve(ARRAYS));
        AtomicFile summary = AtomicFile.create(summaryFile)) {
      result.arrays().forEach((name, table) -> arrays.put(name, table.values(), table.shape()));
      summary.stream().write(Json.write(SummaryJson.toJson(result.summary())));
      // From here until the new summary appears the folder is incomplete, and says so by having
      // none: an old summary beside new arrays would look complete.
      Files.deleteIfExists(summaryFile);
      arrays.commit();
      summary.commit();
    } catch (IOException e) {
      throw new UncheckedIOException(
          summaryFile + ": it cannot be written (" + e + "); check the folder and the free space",
          e);
    }
  }

  /**
   * Reads a result with all its arrays.
   *
   * @throws InvalidDataException with one line if the folder holds no complete, sound result
   */
  public static Result read(Path folder) {
    return read(folder, name -> true);
  }

  /**
   * Reads a result with some of its arrays.
   *
   * @param wanted names of the arrays to read
   * @throws InvalidDataException with one line if the folder holds no complete, sound result
   */
  public static Result read(Path folder, Predicate<String> wanted) {
    Summary summary = readSummary(folder);
    return new Result(summary, ArrayBundle.read(folder.resolve(ARRAYS), wanted));
  }

  /**
   * Reads the numbers of a result.
   *
   * @throws InvalidDataException with one line if there are none or they cannot be understood
   */
  public static Summary readSummary(Path folder) {
    Path file = folder.resolve(SUMMARY);
    if (!Files.isRegularFile(file)) {
      throw new InvalidDataException(
          folder.toString(),
          Files.isDirectory(folder)
              ? "it holds no " + SUMMARY + ", so no finished result"
              : "there is no such folder",
          "name the --out folder of a finished run");
    }
    try {
      return SummaryJson.fromJson(Json.readObject(Files.readAllBytes(file)));
    } catch (JsonProcessingException e) {
      throw new InvalidDataException(
          file.toString(),
          "it is no sound JSON object (" + Json.problem(e) + ")",
          "run the command again",
          e);
    } catch (IOException e) {
      throw new InvalidDataException(
          file.toString(), "it cannot be read (" + e + ")", "check its permissions", e);
    }
  }
}
