package org.richkernel.result;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import org.richkernel.data.Sha256;

/** SHA-256 of files, in lower-case hexadecimal. */
final class Checksum {
  private Checksum() {}

  /** The checksum of a file's content. */
  static String of(Path file) throws IOException {
    MessageDigest digest = Sha256.digest();
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    }
    return Sha256.of(digest);
  }

  /** The checksum of bytes in memory. */
  static String of(byte[] content) {
    MessageDigest digest = Sha256.digest();
    digest.update(content);
    return Sha256.of(digest);
  }
}
