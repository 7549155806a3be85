package org.richkernel.result;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.richkernel.data.AtomicFile;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.NpzWriter;

/**
 * The folder that holds a result: {@code summary.json}, {@code arrays.npz}, {@code predictions.csv}
 * where points were predicted, and the model in {@code model.json} and {@code model.npz} where the
 * result can be applied to new inputs.
 *
 * <p>Each file appears whole or not at all, and summary.json last, so a folder with a summary.json
 * is complete. A result that is written over an older one never mixes with it: everything large is
 * written beside the old files first, and from the moment that the first of them is replaced until
 * the last one is in place the folder has no summary.json.
 */
public final class ResultFolder {
  /** Name of the file with the numbers. */
  public static final String SUMMARY = "summary.json";

  /** Name of the file with the arrays. */
  public static final String ARRAYS = "arrays.npz";

  /** Name of the table of predictions, a line for each point. */
  public static final String PREDICTIONS = PredictionsFile.NAME;

  /** Name of the page that is drawn of a result. */
  public static final String REPORT = "report.html";

  /** Name of the page that sets other results beside this one. */
  public static final String COMPARISON = "compare.html";

  /** Pattern of the temporary names of {@link AtomicFile}, which a killed process may leave. */
  private static final Pattern LEFTOVER =
      Pattern.compile(
          "\\.(summary\\.json|predictions\\.csv|arrays\\.npz|model\\.json|model\\.npz|report\\.html|compare\\.html|probe)"
              + "\\.[0-9a-f-]{36}\\.tmp");

  private ResultFolder() {}

  /**
   * Makes sure that a result can be written, before the work that leads to it: creates the folder,
   * writes a test file, and removes incomplete files of a killed run.
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
   * Writes a result without a model, over an older one if there is one.
   *
   * @throws UncheckedIOException as for {@link #write(Path, Result, Optional)}
   */
  public static void write(Path folder, Result result) {
    write(folder, result, Optional.empty());
  }

  /**
   * Writes a result, over an older one if there is one, whose model and report go. A timed summary
   * counts the writing of model and arrays in "io" and "total"; it is the last file to be written,
   * so its own writing is not in it.
   *
   * @param model for new inputs, if the result has one
   * @throws UncheckedIOException if a file cannot be written. Nothing half-written is left then:
   *     the older result is whole if the failure came while the large files were written, and later
   *     the folder holds no summary.json
   */
  public static void write(Path folder, Result result, Optional<SavedModel> model) {
    long start = System.nanoTime();
    prepare(folder);
    if (model.isEmpty()) {
      write(folder, result, () -> ModelFile.remove(folder), start);
      return;
    }
    try (ModelFile.Draft draft = ModelFile.Draft.of(folder, model.get())) {
      write(folder, result, draft::commit, start);
    }
  }

  private static void write(Path folder, Result result, Runnable model, long start) {
    Path summaryFile = folder.resolve(SUMMARY);
    try (NpzWriter arrays = NpzWriter.create(folder.resolve(ARRAYS));
        AtomicFile summary = AtomicFile.create(summaryFile)) {
      result.arrays().forEach(arrays::put);
      // From here until the new summary appears the folder is incomplete, and says so by having
      // none: an old summary beside new arrays would look complete.
      Files.deleteIfExists(summaryFile);
      Files.deleteIfExists(folder.resolve(REPORT));
      Files.deleteIfExists(folder.resolve(COMPARISON));
      model.run();
      arrays.commit();
      writePredictions(folder, result);
      Summary timed = result.summary().plusIo((System.nanoTime() - start) * 1e-9);
      summary.stream().write(Json.write(SummaryJson.toJson(timed)));
      summary.commit();
    } catch (IOException e) {
      throw new UncheckedIOException(
          summaryFile + ": it cannot be written (" + e + "); check the folder and the free space",
          e);
    }
  }

  private static void writePredictions(Path folder, Result result) throws IOException {
    Path file = folder.resolve(PREDICTIONS);
    Optional<byte[]> predictions = PredictionsFile.of(result);
    if (predictions.isPresent()) {
      AtomicFile.write(file, predictions.get());
    } else {
      Files.deleteIfExists(file); // of an earlier result
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
