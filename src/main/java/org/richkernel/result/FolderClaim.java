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

/**
 * The command that a folder belongs to, in a file of the folder: several runs go on from each other
 * only if they were given the same.
 */
public final class FolderClaim {
  /** Claim of the folder of a sweep, shared by all its runs. */
  public static final FolderClaim SWEEP = new FolderClaim("sweep");

  /** One run of several. */
  public static final FolderClaim RUN = new FolderClaim("run");

  private static final String ARGUMENTS = "arguments";

  private final String kind;

  private FolderClaim(String kind) {
    this.kind = kind;
  }

  private Path file(Path folder) {
    return folder.resolve(kind + ".json");
  }

  /**
   * Takes a folder for a command, or finds that it was taken for the same one. Of several processes
   * that do so at once the first to write decides.
   *
   * @param arguments the command and its options
   * @throws InvalidDataException if the folder holds results of another command
   * @throws UncheckedIOException if the file cannot be written
   */
  public void take(Path folder, List<String> arguments) {
    Path file = file(folder);
    if (AtomicFile.writeNew(file, Json.write(Map.of(ARGUMENTS, arguments)))) {
      return;
    }
    List<String> found = read(file);
    if (!found.equals(arguments)) {
      throw new InvalidDataException(
          folder.toString(),
          "it holds a " + kind + " of: " + String.join(" ", found),
          "use the same command, or another --out");
    }
  }

  /** Gives a folder up, so that another command may take it. */
  public void drop(Path folder) {
    try {
      Files.deleteIfExists(file(folder));
    } catch (IOException e) {
      throw new UncheckedIOException(file(folder) + ": it cannot be removed (" + e + ")", e);
    }
  }

  /**
   * Whether a folder was taken for a command.
   *
   * @throws InvalidDataException if the file in the folder cannot be understood
   */
  public boolean isTaken(Path folder, List<String> arguments) {
    Path file = file(folder);
    return Files.exists(file) && read(file).equals(arguments);
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
