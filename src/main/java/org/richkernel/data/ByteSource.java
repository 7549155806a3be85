package org.richkernel.data;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of an input file, unpacked if it is gzipped, with a bound on their number.
 *
 * <p>The bound checks the claim of a header before any allocation: it is the size of the file, or
 * for packed data the most that DEFLATE can unpack from it.
 */
final class ByteSource implements Closeable {
  /** The most bytes that one packed byte can become: 258 for each 2 bits. */
  static final long DEFLATE_RATIO = 1032;

  private static final int BUFFER = 1 << 16;
  private static final String NOT_ALL = "copy the file again, it is not complete";

  private final String name;
  private final InputStream in;
  private final long limit;
  private final boolean exact;
  private final @Nullable DigestInputStream file;
  private long consumed;

  /**
   * Wraps a stream.
   *
   * @param limit the most bytes that the stream can deliver
   * @param exact whether it should deliver just as many
   */
  ByteSource(String name, InputStream in, long limit, boolean exact) {
    this(name, in, limit, exact, null);
  }

  private ByteSource(
      String name, InputStream in, long limit, boolean exact, @Nullable DigestInputStream file) {
    this.name = name;
    this.file = file;
    this.in = in.markSupported() ? in : new BufferedInputStream(in, BUFFER);
    this.limit = limit;
    this.exact = exact;
  }

  /**
   * Opens a file; gzip is recognized by its first two bytes.
   *
   * @throws InvalidDataException if the file is missing, unreadable, not a plain file, or empty
   */
  static ByteSource open(Path file) {
    String name = file.toString();
    if (!Files.exists(file)) {
      throw new InvalidDataException(name, "there is no such file", "check the name");
    }
    if (!Files.isRegularFile(file)) {
      throw new InvalidDataException(
          name,
          Files.isDirectory(file) ? "this is a directory" : "this is not a plain file",
          "name a .npy, .npz, .h5, .csv or IDX file");
    }
    try {
      long size = Files.size(file);
      if (size == 0) {
        throw new InvalidDataException(name, "the file is empty", "write it again");
      }
      return unpacked(
          name, new DigestInputStream(Files.newInputStream(file), Sha256.digest()), size);
    } catch (AccessDeniedException e) {
      throw new InvalidDataException(
          name, "permission to read it is denied", "make it readable (chmod u+r)", e);
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  private static ByteSource unpacked(String name, DigestInputStream file, long size)
      throws IOException {
    InputStream in = new BufferedInputStream(file, BUFFER);
    try {
      in.mark(2);
      boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
      in.reset();
      return gzip
          ? new ByteSource(
              name,
              new BufferedInputStream(new GZIPInputStream(in, BUFFER), BUFFER),
              Math.multiplyExact(size, DEFLATE_RATIO),
              false,
              file)
          : new ByteSource(name, in, size, true, file);
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  String name() {
    return name;
  }

  /** The first bytes, or fewer if the source ends, without consuming them. */
  byte[] peek(int count) {
    try {
      in.mark(count);
      byte[] head = in.readNBytes(count);
      in.reset();
      return head;
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  /** The next bytes, which belong to the header. */
  byte[] header(int count) {
    byte[] bytes = new byte[count];
    read(bytes, count, "header");
    return bytes;
  }

  /** Fills the start of a buffer, or says that the part named is cut short. */
  void read(byte[] buffer, int count, String part) {
    try {
      int got = in.readNBytes(buffer, 0, count);
      consumed += got;
      if (got < count) {
        throw new InvalidDataException(
            name, "the file ends after " + consumed + " bytes, inside its " + part, NOT_ALL);
      }
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  /** Refuses a header that promises more, or fewer, bytes than can follow it. */
  void requireFollowing(long bytes) {
    long available = limit - consumed;
    if (bytes > available) {
      throw new InvalidDataException(
          name,
          "its header promises "
              + bytes
              + " bytes of values, but only "
              + (exact ? "" : "at most ")
              + available
              + " follow",
          NOT_ALL);
    }
    if (exact && bytes < available) {
      throw trailing();
    }
  }

  /** Everything that is left. */
  byte[] rest() {
    try {
      byte[] bytes = in.readAllBytes();
      consumed += bytes.length;
      return bytes;
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  /** Refuses anything after the last value; for packed data this also verifies the checksum. */
  void requireEnd() {
    try {
      if (in.read() >= 0) {
        throw trailing();
      }
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  /**
   * Description of the file with its checksum; reads the rest of the file.
   *
   * @param array of the file, empty if none was named
   * @throws IllegalStateException if this is a part of a file
   */
  DataFile dataFile(String array) {
    if (file == null) {
      throw new IllegalStateException(name + " is no whole file");
    }
    try {
      file.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      throw unreadable(name, e);
    }
    return new DataFile(name, array, Sha256.of(file.getMessageDigest()));
  }

  /** The bytes for readers of text; whoever closes it leaves the source open. */
  InputStream stream() {
    return new FilterInputStream(in) {
      @Override
      public void close() {
        // belongs to the source
      }
    };
  }

  private InvalidDataException trailing() {
    return new InvalidDataException(
        name,
        "there are more bytes than its header promises",
        "the file is damaged or holds several arrays: write it again with one");
  }

  /** Puts a failure to read into words. */
  static InvalidDataException unreadable(String name, IOException e) {
    if (e instanceof EOFException) {
      return new InvalidDataException(name, "the packed data are cut short", NOT_ALL, e);
    }
    return new InvalidDataException(
        name, "it cannot be read (" + e.getMessage() + ")", "copy or write the file again", e);
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }
}
