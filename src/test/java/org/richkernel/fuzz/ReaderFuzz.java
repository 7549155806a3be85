package org.richkernel.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Entry point of Jazzer, which looks for bytes that reach new code; the Maven profile {@code fuzz}
 * runs it. The bytes are read as a file, and of targets under a checksum also as up to four changes
 * of a sound one: place (2 bytes) and bits to flip (1 byte).
 */
public final class ReaderFuzz {
  private static final FuzzTarget TARGET =
      FuzzTarget.valueOf(System.getProperty("richkernel.fuzz.target", "NPY"));

  private static final FuzzedReader READER = reader();

  private ReaderFuzz() {}

  private static FuzzedReader reader() {
    try {
      return new FuzzedReader(TARGET, Files.createTempDirectory("richkernel-fuzz"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One execution. */
  public static void fuzzerTestOneInput(byte[] input) {
    READER.refuses(input);
    if (TARGET.isChecked()) {
      READER.refusesDamaged(damaged(input));
    }
  }

  private static byte[] damaged(byte[] input) {
    byte[] file = READER.corpus().get(0).clone();
    for (int i = 0; i + 2 < input.length && i < 12; i += 3) {
      int at = (input[i] & 0xff) << 8 | input[i + 1] & 0xff;
      file[at % file.length] ^= input[i + 2];
    }
    return file;
  }

  /** Writes the sound files of a target into a folder, as the corpus to begin from. */
  public static void main(String[] arguments) throws IOException {
    Path into = Files.createDirectories(Path.of(arguments[0]));
    List<byte[]> corpus = READER.corpus();
    for (int i = 0; i < corpus.size(); i++) {
      Files.write(into.resolve("sound-" + i), corpus.get(i));
    }
  }
}
