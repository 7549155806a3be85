package org.richkernel.compute;

import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Square tiles of the lower triangle of a matrix that memory does not hold, in a scratch file.
 * Tiles stay in memory as long as the operating system has room for them. Tiles of the last rows
 * may be smaller.
 */
public final class TileFile implements AutoCloseable {
  /** Bytes of a call: Java copies each to native memory of its own, a whole tile of it if let. */
  private static final int PIECE = 1 << 20;

  private final Path file;
  private final int tile;
  private final Precision precision;
  private final double[] doubles;
  private final float[] floats;
  private final ByteBuffer bytes;
  private final RandomAccessFile access;

  /**
   * Opens a file, or creates it.
   *
   * @param tile rows and columns of a tile
   * @param precision of the tiles, and of the matrices that are written and read
   * @throws UncheckedIOException if that is not possible
   */
  public TileFile(Path file, int tile, Precision precision) {
    this.file = file;
    this.tile = tile;
    this.precision = precision;
    int size = Math.multiplyExact(tile, tile);
    this.doubles = new double[precision == Precision.FLOAT64 ? size : 0];
    this.floats = new float[precision == Precision.FLOAT32 ? size : 0];
    this.bytes =
        ByteBuffer.allocate(Math.multiplyExact(size, precision.bytes()))
            .order(ByteOrder.nativeOrder());
    try {
      // no channel: an interrupt of the thread, which asks for a stop, would close it
      this.access = new RandomAccessFile(file.toFile(), "rw");
    } catch (IOException e) {
      throw failure("opened", e);
    }
  }

  /** Bytes that a file of so many rows takes on disk, at most. */
  public static long bytes(int rows, int tile, Precision precision) {
    long blocks = (rows + tile - 1L) / tile;
    return blocks * (blocks + 1) / 2 * tile * tile * precision.bytes();
  }

  /**
   * Refuses a file that the disk could not take, before any work.
   *
   * @throws OutOfDeviceMemoryException if the free space, with that of the existing file, is too
   *     small
   */
  public static void requireSpace(Path file, int rows, int tile, Precision precision) {
    long needed = bytes(rows, tile, precision);
    long free;
    try {
      long there = Files.exists(file) ? Files.size(file) : 0;
      free = there + Files.getFileStore(file.toAbsolutePath().getParent()).getUsableSpace();
    } catch (IOException e) {
      throw new UncheckedIOException(
          file + ": the free space of its folder cannot be read (" + e.getMessage() + ")", e);
    }
    if (needed > free) {
      throw new OutOfDeviceMemoryException(
          "the scratch file " + file,
          needed,
          free,
          "choose another --out with more free space, lower --train-size, or take inducing points"
              + " (--form inducing)");
    }
  }

  /** Bytes that reading and writing take of the Java heap. */
  public static long bufferBytes(int tile, Precision precision) {
    return 2L * tile * tile * precision.bytes();
  }

  /**
   * Writes tile (i, j), i &gt;= j.
   *
   * @param source at most tile x tile
   * @throws UncheckedIOException if the file cannot take it
   */
  public void write(Backend backend, int i, int j, Matrix source) {
    int count = Math.toIntExact(source.size());
    bytes.clear();
    if (precision == Precision.FLOAT64) {
      double[] block = count == doubles.length ? doubles : new double[count];
      backend.download(source, block);
      bytes.asDoubleBuffer().put(block);
    } else {
      float[] block = count == floats.length ? floats : new float[count];
      backend.download(source, block);
      bytes.asFloatBuffer().put(block);
    }
    try {
      access.seek(offset(i, j));
      int length = count * precision.bytes();
      for (int from = 0; from < length; from += PIECE) {
        access.write(bytes.array(), from, Math.min(PIECE, length - from));
      }
    } catch (IOException e) {
      throw failure("written", e);
    }
  }

  /**
   * Reads tile (i, j), i &gt;= j, in the shape in which it was written.
   *
   * @throws UncheckedIOException if it is not there
   */
  public void read(Backend backend, int i, int j, Matrix target) {
    int count = Math.toIntExact(target.size());
    fill(i, j, count);
    if (precision == Precision.FLOAT64) {
      double[] block = count == doubles.length ? doubles : new double[count];
      bytes.asDoubleBuffer().get(block);
      backend.upload(block, target);
    } else {
      float[] block = count == floats.length ? floats : new float[count];
      bytes.asFloatBuffer().get(block);
      backend.upload(block, target);
    }
  }

  private void fill(int i, int j, int count) {
    bytes.clear();
    try {
      access.seek(offset(i, j));
      int length = count * precision.bytes();
      for (int from = 0; from < length; from += PIECE) {
        access.readFully(bytes.array(), from, Math.min(PIECE, length - from));
      }
    } catch (EOFException e) {
      throw failure("read", new IOException("tile " + i + ", " + j + " is missing", e));
    } catch (IOException e) {
      throw failure("read", e);
    }
    bytes.limit(count * precision.bytes());
  }

  /**
   * Checksum of the tiles (i, 0) to (i, i).
   *
   * @param rows of these tiles
   */
  public long checksum(int i, int rows) {
    CRC32C checksum = new CRC32C();
    for (int j = 0; j <= i; j++) {
      fill(i, j, rows * (j < i ? tile : rows));
      checksum.update(bytes);
    }
    return checksum.getValue();
  }

  /** Whether the file is long enough to hold the tiles of block row i. */
  public boolean reaches(int i, int rows) {
    try {
      return access.length() >= offset(i, i) + (long) rows * rows * precision.bytes();
    } catch (IOException e) {
      throw failure("read", e);
    }
  }

  /** Makes everything that was written last through a crash. */
  public void force() {
    try {
      access.getFD().sync();
    } catch (IOException e) {
      throw failure("written", e);
    }
  }

  private long offset(int i, int j) {
    return (i * (i + 1L) / 2 + j) * tile * tile * precision.bytes();
  }

  /** Closes and removes the file. */
  public void delete() {
    close();
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw failure("removed", e);
    }
  }

  @Override
  public void close() {
    try {
      access.close();
    } catch (IOException e) {
      throw failure("closed", e);
    }
  }

  private UncheckedIOException failure(String what, IOException e) {
    return new UncheckedIOException(
        file
            + ": the scratch file cannot be "
            + what
            + " ("
            + e.getMessage()
            + "); check the folder and its free space",
        e);
  }
}
