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
 * Square float64 tiles of the lower triangle of a matrix that memory does not hold, in a scratch
 * file. Tiles stay in memory as long as the operating system has room for them. Tiles of the last
 * rows may be smaller.
 */
public final class TileFile implements AutoCloseable {
  private final Path file;
  private final int tile;
  private final double[] values;
  private final ByteBuffer bytes;
  private final RandomAccessFile access;

  /**
   * Opens a file, or creates it.
   *
   * @param tile rows and columns of a tile
   * @throws UncheckedIOException if that is not possible
   */
  public TileFile(Path file, int tile) {
    this.file = file;
    this.tile = tile;
    this.values = new double[Math.multiplyExact(tile, tile)];
    this.bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Double.BYTES))
            .order(ByteOrder.nativeOrder());
    try {
      // no channel: an interrupt of the thread, which asks for a stop, would close it
      this.access = new RandomAccessFile(file.toFile(), "rw");
    } catch (IOException e) {
      throw failure("opened", e);
    }
  }

  /** Bytes that a file of so many rows takes on disk, at most. */
  public static long bytes(int rows, int tile) {
    long blocks = (rows + tile - 1L) / tile;
    return blocks * (blocks + 1) / 2 * tile * tile * Double.BYTES;
  }

  /**
   * Refuses a file that the disk could not take, before any work.
   *
   * @throws OutOfDeviceMemoryException if the space beside what the file has already is too small
   */
  public static void requireSpace(Path file, int rows, int tile) {
    long needed = bytes(rows, tile);
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
  public static long bufferBytes(int tile) {
    return 2L * tile * tile * Double.BYTES;
  }

  /**
   * Writes tile (i, j), i &gt;= j.
   *
   * @param source at most tile x tile, FLOAT64
   * @throws UncheckedIOException if the file cannot take it
   */
  public void write(Backend backend, int i, int j, Matrix source) {
    double[] block = block(source);
    backend.download(source, block);
    bytes.clear();
    bytes.asDoubleBuffer().put(block);
    try {
      access.seek(offset(i, j));
      access.write(bytes.array(), 0, block.length * Double.BYTES);
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
    double[] block = block(target);
    fill(i, j, block.length);
    bytes.asDoubleBuffer().get(block);
    backend.upload(block, target);
  }

  private void fill(int i, int j, int count) {
    bytes.clear();
    try {
      access.seek(offset(i, j));
      access.readFully(bytes.array(), 0, count * Double.BYTES);
    } catch (EOFException e) {
      throw failure("read", new IOException("tile " + i + ", " + j + " is missing", e));
    } catch (IOException e) {
      throw failure("read", e);
    }
    bytes.limit(count * Double.BYTES);
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
      return access.length() >= offset(i, i) + (long) rows * rows * Double.BYTES;
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

  private double[] block(Matrix matrix) {
    int size = Math.toIntExact(matrix.size());
    return size == values.length ? values : new double[size];
  }

  private long offset(int i, int j) {
    return (i * (i + 1L) / 2 + j) * values.length * Double.BYTES;
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
