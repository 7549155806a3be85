package org.richkernel.result;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.richkernel.data.AtomicFile;
import org.richkernel.network.InvalidProblemException;

/**
 * The {@code checkpoint} folder of a result folder, from which an interrupted run resumes.
 *
 * <p>A snapshot is a directory with {@code arrays.npz}, {@code state.json} (which holds the SHA-256
 * of the arrays) and {@code state.sha256} (that of state.json, for {@code sha256sum -c}). It is
 * written under a temporary name, every file is forced to the disk, and the directory is renamed
 * last; so a process may be killed at any moment. A snapshot that is torn or corrupt nevertheless
 * is passed over in favour of the one before; the last two sound ones are kept. One process at a
 * time may write.
 */
public final class CheckpointDirectory {
  private static final int KEPT = 2;

  /** Format version, raised with each change of the names in a state. */
  private static final int FORMAT = 7;

  private static final String STATE = "state.json";
  private static final String STATE_CHECKSUM = "state.sha256";
  private static final String ARRAYS = "arrays.npz";
  private static final String TEMPORARY = ".tmp-";
  private static final Pattern NAME = Pattern.compile("snapshot-([0-9]{10,18})");

  private final Path directory;
  private final Map<String, Object> options;
  private final Set<Path> knownSound = new HashSet<>();

  /**
   * Names the checkpoints of a result folder; touches no file.
   *
   * @param options the options that the numbers depend on, by name: a checkpoint made with others
   *     is refused
   */
  public CheckpointDirectory(Path resultFolder, Map<String, ?> options) {
    this.directory = resultFolder.resolve("checkpoint");
    this.options = JsonValues.object(options, "options");
  }

  /** The folder that holds the snapshots. */
  public Path path() {
    return directory;
  }

  /**
   * Writes a snapshot and removes old ones.
   *
   * @param iteration the last one that is complete
   * @param state JSON values: maps, lists, text, numbers and booleans; numbers that are not finite
   *     belong into the arrays
   * @throws UncheckedIOException if it cannot be written; earlier snapshots stay then
   */
  public void save(long iteration, Map<String, ?> state, ArrayBundle arrays) {
    Path temporary = directory.resolve(TEMPORARY + UUID.randomUUID());
    try {
      Files.createDirectories(temporary);
      try {
        writeFiles(temporary, iteration, state, arrays);
        publish(temporary);
      } finally {
        // still there only if something failed: a full disk should not stay full of it
        if (Files.exists(temporary)) {
          deleteTree(temporary);
        }
      }
      prune();
    } catch (IOException e) {
      throw failure("written", e);
    }
  }

  /** Gives a finished directory the next snapshot name, durably. */
  private void publish(Path temporary) throws IOException {
    force(temporary);
    List<Path> older = snapshots();
    long sequence = older.isEmpty() ? 1 : sequence(older.get(0)) + 1;
    Path snapshot = directory.resolve(String.format(Locale.ROOT, "snapshot-%010d", sequence));
    Files.move(temporary, snapshot, StandardCopyOption.ATOMIC_MOVE);
    force(directory);
    force(directory.toAbsolutePath().getParent());
    knownSound.add(snapshot);
  }

  private void writeFiles(Path into, long iteration, Map<String, ?> state, ArrayBundle arrays)
      throws IOException {
    Path arrayFile = into.resolve(ARRAYS);
    arrays.write(arrayFile);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("format", FORMAT);
    json.put("richkernel", Version.get());
    json.put("iteration", iteration);
    json.put("options", options);
    json.put("state", JsonValues.finiteObject(state, "state"));
    json.put("files", Map.of(ARRAYS, Checksum.of(arrayFile)));
    byte[] text = Json.write(json);
    AtomicFile.write(into.resolve(STATE), text);
    String line = Checksum.of(text) + "  " + STATE + "\n";
    AtomicFile.write(into.resolve(STATE_CHECKSUM), line.getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * The newest sound snapshot.
   *
   * @return empty if there is none
   * @throws InvalidProblemException if it was made with other options or by a version that keeps
   *     other arrays; names the first option that differs, or the version
   * @throws UncheckedIOException if the folder cannot be read
   */
  public Optional<Snapshot> latest() {
    try {
      for (Path snapshot : snapshots()) {
        Optional<JsonNode> state = soundState(snapshot);
        if (state.isPresent()) {
          knownSound.add(snapshot);
          return Optional.of(read(snapshot, state.get()));
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw failure("read", e);
    }
  }

  /**
   * Whether there is any snapshot, sound or not.
   *
   * @throws UncheckedIOException if the folder cannot be read
   */
  public boolean holdsSnapshots() {
    try {
      return !snapshots().isEmpty();
    } catch (IOException e) {
      throw failure("read", e);
    }
  }

  private Snapshot read(Path snapshot, JsonNode state) {
    int format = state.path("format").asInt();
    if (format != FORMAT) {
      throw new InvalidProblemException(
          "checkpoint",
          directory,
          "it has format %d, of richkernel %s, and this version reads %d: go on with that version, or leave out --resume to start afresh"
              .formatted(format, state.path("richkernel").asText(), FORMAT));
    }
    FingerprintCheck.requireSame(
        directory, Json.toMap(state.path("options")), Json.normalised(options));
    return new Snapshot(
        state.path("iteration").asLong(),
        Json.toMap(state.path("state")),
        ArrayBundle.read(snapshot.resolve(ARRAYS), name -> true));
  }

  /** The content of state.json if every checksum of the snapshot is right. */
  private static Optional<JsonNode> soundState(Path snapshot) {
    try {
      byte[] text = Files.readAllBytes(snapshot.resolve(STATE));
      String recorded =
          Files.readString(snapshot.resolve(STATE_CHECKSUM), StandardCharsets.US_ASCII);
      if (!recorded.equals(Checksum.of(text) + "  " + STATE + "\n")) {
        return Optional.empty();
      }
      JsonNode state = Json.readObject(text);
      String arrays = state.path("files").path(ARRAYS).asText();
      boolean sound = Checksum.of(snapshot.resolve(ARRAYS)).equals(arrays);
      return sound ? Optional.of(state) : Optional.empty();
    } catch (IOException e) {
      // A file that is missing, cannot be read or is no JSON makes the snapshot unsound, which is
      // an answer: the snapshot before it is tried.
      return Optional.empty();
    }
  }

  /**
   * Moves the snapshots of an earlier run out of the way, so that a restart by mistake does not
   * lose them; removes those moved by an earlier call.
   *
   * @return where they are now; empty if there are none
   * @throws UncheckedIOException if they cannot be moved
   */
  public Optional<Path> setAside() {
    try {
      if (snapshots().isEmpty()) {
        clear();
        return Optional.empty();
      }
      Path aside = directory.resolveSibling("checkpoint.before");
      if (Files.exists(aside)) {
        deleteTree(aside);
      }
      Files.move(directory, aside);
      knownSound.clear();
      return Optional.of(aside);
    } catch (IOException e) {
      throw failure("set aside", e);
    }
  }

  /**
   * Removes every snapshot, once the result is written.
   *
   * @throws UncheckedIOException if something cannot be removed
   */
  public void clear() {
    try {
      // oldest first: whoever is killed in between leaves the newest
      List<Path> snapshots = new ArrayList<>(snapshots());
      Collections.reverse(snapshots);
      for (Path snapshot : snapshots) {
        remove(snapshot);
      }
      removeTemporary();
      if (Files.isDirectory(directory) && list().isEmpty()) {
        Files.delete(directory);
      }
      knownSound.clear();
    } catch (IOException e) {
      throw failure("removed", e);
    }
  }

  /** Keeps the newest valid snapshots and removes all others and remains of killed processes. */
  private void prune() throws IOException {
    int sound = 0;
    for (Path snapshot : snapshots()) {
      boolean wanted =
          sound < KEPT && (knownSound.contains(snapshot) || soundState(snapshot).isPresent());
      if (wanted) {
        sound++;
        knownSound.add(snapshot);
      } else {
        remove(snapshot);
        knownSound.remove(snapshot);
      }
    }
    removeTemporary();
  }

  /** Renames a snapshot before its files go, so that no half of one keeps its name. */
  private void remove(Path snapshot) throws IOException {
    Path doomed = directory.resolve(TEMPORARY + UUID.randomUUID());
    Files.move(snapshot, doomed, StandardCopyOption.ATOMIC_MOVE);
    deleteTree(doomed);
  }

  private void removeTemporary() throws IOException {
    for (Path path : list()) {
      if (path.getFileName().toString().startsWith(TEMPORARY)) {
        deleteTree(path);
      }
    }
  }

  private static void deleteTree(Path root) throws IOException {
    try (Stream<Path> tree = Files.walk(root)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** The snapshots by their names, newest first. */
  private List<Path> snapshots() throws IOException {
    return list().stream()
        .filter(path -> NAME.matcher(path.getFileName().toString()).matches())
        .sorted(Comparator.comparingLong(CheckpointDirectory::sequence).reversed())
        .toList();
  }

  private List<Path> list() throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> paths = Files.list(directory)) {
      return paths.toList();
    }
  }

  private static long sequence(Path snapshot) {
    Matcher name = NAME.matcher(snapshot.getFileName().toString());
    return name.matches() ? Long.parseLong(name.group(1)) : 0;
  }

  private static void force(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private UncheckedIOException failure(String what, IOException e) {
    return new UncheckedIOException(
        directory + ": the checkpoint cannot be " + what + " (" + e + "); check the folder", e);
  }
}
