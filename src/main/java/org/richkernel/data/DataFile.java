package org.richkernel.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * A file that points were read from.
 *
 * @param name as it was named
 * @param array of an .npz file, empty if none was named
 * @param sha256 of the whole file as it lies there, packed or not, in lower-case hexadecimal
 */
public record DataFile(String name, String array, String sha256) {
  /**
   * A file that was read as a whole.
   *
   * @throws InvalidDataException if it cannot be read
   */
  public static DataFile of(Path file) {
    MessageDigest digest = Sha256.digest();
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    } catch (IOException e) {
      throw new InvalidDataException(
          file.toString(), "it cannot be read (" + e + ")", "check its permissions", e);
    }
    return new DataFile(file.toString(), "", Sha256.of(digest));
  }

  /** Whether both have the same bytes and the same array of them was read, under any names. */
  public boolean sameContent(DataFile other) {
    return sha256.equals(other.sha256) && array.equals(other.array);
  }

  /** File and array, as on the command line. */
  @Override
  public String toString() {
    return array.isEmpty() ? name : name + ":" + array;
  }
}
