package org.richkernel.result;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.richkernel.data.AtomicFile;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.NpzWriter;
import org.richkernel.data.Table;

/**
 * File of a model that applies a result to new inputs: named arrays in {@code model.npz} and a few
 * settings in {@code model.json}, which also holds the checksum of the arrays, so that files of
 * different runs are never taken for one model.
 */
public final class ModelFile {
  /** Name of the file with the settings. */
  public static final String SETTINGS = "model.json";

  /** Name of the file with the arrays. */
  public static final String ARRAYS = "model.npz";

  /** Checksum of the settings file itself, made while its place is empty. */
  private static final String OWN = "sha256";

  private ModelFile() {}

  /**
   * A model that was read.
   *
   * @param settings JSON values; whole numbers are Integer, Long or BigInteger, others Double
   * @param arrays by name; float32 values as doubles that equal them
   */
  public record Model(Map<String, Object> settings, Map<String, Table> arrays) {
    /** The array of a name. */
    public Table array(String name) {
      Table array = arrays.get(name);
      if (array == null) {
        throw new InvalidDataException(
            ARRAYS,
            "it holds no array '" + name + "', only " + arrays.keySet(),
            "save the result again with this version of richkernel");
      }
      return array;
    }
  }

  /** A model that is written under temporary names and takes its place with {@link #commit}. */
  static final class Draft implements AutoCloseable {
    private final Path folder;
    private final SavedModel model;
    private final NpzWriter arrays;
    private final AtomicFile settings;

    private Draft(Path folder, SavedModel model, NpzWriter arrays) {
      this.folder = folder;
      this.model = model;
      this.arrays = arrays;
      this.settings = AtomicFile.create(folder.resolve(SETTINGS));
    }

    /**
     * Writes the arrays.
     *
     * @throws UncheckedIOException if they cannot be written; nothing half-written stays
     */
    static Draft of(Path folder, SavedModel model) {
      NpzWriter arrays = NpzWriter.create(folder.resolve(ARRAYS));
      try {
        model.arrays().writeTo(arrays);
        return new Draft(folder, model, arrays);
      } catch (RuntimeException e) {
        arrays.close();
        throw e;
      }
    }

    void commit() {
      Path arrayFile = folder.resolve(ARRAYS);
      arrays.commit();
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("richkernel", Version.get());
      json.put("model", model.settings());
      try {
        json.put(ARRAYS, Map.of("sha256", Checksum.of(arrayFile)));
        json.put(OWN, "");
        json.put(OWN, Checksum.of(Json.write(json)));
        settings.stream().write(Json.write(json));
      } catch (IOException e) {
        throw new UncheckedIOException(folder + ": the model cannot be written (" + e + ")", e);
      }
      settings.commit();
    }

    @Override
    public void close() {
      try {
        settings.close();
      } finally {
        arrays.close();
      }
    }
  }

  /**
   * Removes the model of an earlier result, for a result that has none.
   *
   * @throws UncheckedIOException if a file cannot be removed
   */
  static void remove(Path folder) {
    try {
      Files.deleteIfExists(folder.resolve(SETTINGS));
      Files.deleteIfExists(folder.resolve(ARRAYS));
    } catch (IOException e) {
      throw new UncheckedIOException(
          folder + ": the model of an earlier result cannot be removed (" + e + ")", e);
    }
  }

  /** Whether a folder holds a model. */
  public static boolean isPresent(Path folder) {
    return Files.isRegularFile(folder.resolve(SETTINGS));
  }

  /** Refuses settings that are not as they were written; a sum that is missing was damaged too. */
  private static void requireSound(Path file, byte[] bytes, String sum) {
    String without = new String(bytes, StandardCharsets.UTF_8).replace(sum, "");
    if (sum.isEmpty() || !Checksum.of(without.getBytes(StandardCharsets.UTF_8)).equals(sum)) {
      throw new InvalidDataException(
          file.toString(),
          sum.isEmpty() ? "it has no checksum" : "its checksum is wrong",
          "it is damaged or of an earlier version: run the command again");
    }
  }

  /**
   * Reads the model of a result folder.
   *
   * @throws InvalidDataException with one line if there is none or it is damaged
   */
  public static Model read(Path folder) {
    Path settingsFile = folder.resolve(SETTINGS);
    Path arrayFile = folder.resolve(ARRAYS);
    if (!isPresent(folder)) {
      throw new InvalidDataException(
          folder.toString(), "it holds no saved model", "name the --out folder of a finished run");
    }
    try {
      byte[] bytes = Files.readAllBytes(settingsFile);
      JsonNode json = Json.readObject(bytes);
      requireSound(settingsFile, bytes, json.path(OWN).asText());
      String expected = json.path(ARRAYS).path("sha256").asText();
      if (!Checksum.of(arrayFile).equals(expected)) {
        throw new InvalidDataException(
            arrayFile.toString(),
            "its checksum is not the one in " + SETTINGS,
            "it is damaged or of another run: run the command again");
      }
      return new Model(Json.toMap(json.path("model")), ArrayBundle.read(arrayFile, name -> true));
    } catch (IOException e) {
      throw new InvalidDataException(
          settingsFile.toString(),
          "the model cannot be read (" + e.getClass().getSimpleName() + ")",
          "run the command again",
          e);
    }
  }
}
