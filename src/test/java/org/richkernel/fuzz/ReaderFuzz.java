package org.richkernel.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Entry point of Jazzer, which looks for bytes that reach new code; the Maven profile {@code fuzz}
 * runs it. The bytes are read as a file, and of targets under a checksum also as up to four changes
 * of a sound one: place (2 bytes) and bits to flip (1 byte). With the target ALL the first byte
 * chooses the reader.
 */
public final class ReaderFuzz {
  private static final List<FuzzTarget> TARGETS =
      targets(System.getProperty("richkernel.fuzz.target", "ALL"));

  private static final List<FuzzedReader> READERS =
      TARGETS.stream().map(ReaderFuzz::reader).toList();

  private ReaderFuzz() {}

  private static List<FuzzTarget> targets(String name) {
    return name.equals("ALL") ? List.of(FuzzTarget.values()) : List.of(FuzzTarget.valueOf(name));
  }

  private static FuzzedReader reader(FuzzTarget target) {
    try {
      return new FuzzedReader(target, Files.createTempDirectory("richkernel-fuzz"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One execution. */
  public static void fuzzerTestOneInput(byte[] input) {
    boolean chosen = TARGETS.size() > 1 && input.length > 0;
    int index = chosen ? (input[0] & 0xff) % TARGETS.size() : 0;
    byte[] file = chosen ? Arrays.copyOfRange(input, 1, input.length) : input;
    FuzzedReader reader = READERS.get(index);
    reader.refuses(file);
    if (TARGETS.get(index).isChecked()) {
      reader.refusesDamaged(damaged(reader.corpus().get(0).clone(), file));
    }
  }

  private static byte[] damaged(byte[] file, byte[] changes) {
    for (int i = 0; i + 2 < changes.length && i < 12; i += 3) {
      int at = (changes[i] & 0xff) << 8 | changes[i + 1] & 0xff;
      file[at % file.length] ^= changes[i + 2];
    }
    return file;
  }

  /** Writes the sound files of a target into a folder, as the corpus to begin from. */
  public static void main(String[] arguments) throws IOException {
    Path into = Files.createDirectories(Path.of(arguments[0]));
    for (int t = 0; t < TARGETS.size(); t++) {
      List<byte[]> corpus = READERS.get(t).corpus();
      for (int i = 0; i < corpus.size(); i++) {
        byte[] file = corpus.get(i);
        byte[] chosen = new byte[file.length + 1];
        chosen[0] = (byte) t;
        System.arraycopy(file, 0, chosen, 1, file.length);
        Files.write(into.resolve(TARGETS.get(t) + "-" + i), TARGETS.size() > 1 ? chosen : file);
      }
    }
  }
}
