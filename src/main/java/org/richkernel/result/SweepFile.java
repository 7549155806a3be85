package org.richkernel.result;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.richkernel.data.AtomicFile;
import org.richkernel.data.InvalidDataException;

/** What all runs of a sweep share, in {@code sweep.json}: a folder belongs to one such command. */
public final class SweepFile {
  private static final String NAME = "sweep.json";
  private static final String ARGUMENTS = "arguments";

  private SweepFile() {}

  /**
   * Takes a folder for a command, or finds that it was taken for the same one. Several processes
   * may do so at once: they write the same.
   *
   * @param arguments the command and the options that its runs share
   * @throws InvalidDataException if the folder holds runs of another command
   * @throws UncheckedIOException if the file cannot be written
   */
  public static void claim(Path folder, List<String> arguments) {
    Path file = folder.resolve(NAME);
    if (!Files.exists(file)) {
      AtomicFile.write(file, Json.write(Map.of(ARGUMENTS, arguments)));
      return;
    }
    List<String> found = read(file);
    if (!found.equals(arguments)) {
      throw new InvalidDataException(
          folder.toString(),
          "it holds a sweep of: " + String.join(" ", found),
          "use the same command, or another --out");
    }
  }

  private static List<String> read(Path file) {
    try {
      List<String> arguments = new ArrayList<>();
      for (JsonNode argument : Json.readObject(Files.readAllBytes(file)).path(ARGUMENTS)) {
        arguments.add(argument.asText());
      }
      return arguments;
    } catch (JsonProcessingException e) {
      throw new InvalidDataException(
          file.toString(), "it is no sound JSON object (" + Json.problem(e) + ")", "remove it", e);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": it cannot be read (" + e + ")", e);
    }
  }
}
