package org.richkernel.data;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.richkernel.compute.Precision;
import org.richkernel.network.InputValues;

/**
 * Writes several named arrays into one .npz file. The file appears at {@link #commit}, and the same
 * arrays give the same bytes at any time and place.
 *
 * <p>Values are stored, not compressed (DEFLATE blocks of level 0, which need no size beforehand):
 * kernels hardly compress, and the bytes then do not depend on a zlib version.
 */
public final class NpzWriter implements AutoCloseable {
  /**
   * The time of every entry: a local time has no zone, and the first day of 1980 would make the zip
   * classes add one.
   */
  /** Numbers that are written at a time. */
  private static final int CHUNK = 1 << 13;

  private static final LocalDateTime TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

  private final Path target;
  private final AtomicFile file;
  private final Zip zip;
  private final Set<String> names = new HashSet<>();
  private NpyEncoder current;

  private NpzWriter(Path target) {
    this.target = target;
    this.file = AtomicFile.create(target);
    this.zip = new Zip(file.stream());
    zip.setLevel(Deflater.NO_COMPRESSION);
  }

  /**
   * Begins a file.
   *
   * @throws UncheckedIOException if it cannot be written
   */
  public static NpzWriter create(Path target) {
    return new NpzWriter(target);
  }

  /**
   * Adds a whole array as float64; no dimensions make a scalar.
   *
   * @throws UncheckedIOException if it cannot be written
   * @throws IllegalArgumentException if the name is empty or taken
   * @throws IllegalStateException if the number of values does not fit the shape
   */
  public void put(String name, double[] values, int... shape) {
    begin(name, Precision.FLOAT64, shape);
    append(values, 0, values.length);
    end();
  }

  /**
   * Adds a table as float64, without a copy of it.
   *
   * @throws UncheckedIOException if it cannot be written
   * @throws IllegalArgumentException if the name is empty or taken
   */
  public void put(String name, Table table) {
    put(name, table.shared(), table.shape());
  }

  /**
   * Adds numbers in any form as float64, without a copy of them.
   *
   * @throws UncheckedIOException if they cannot be written
   * @throws IllegalArgumentException if the name is empty or taken
   */
  public void put(String name, InputValues values, int... shape) {
    begin(name, Precision.FLOAT64, shape);
    double[] part = new double[Math.min(CHUNK, values.length())];
    for (int from = 0; from < values.length(); from += CHUNK) {
      int count = Math.min(CHUNK, values.length() - from);
      values.copy(from, part, 0, count);
      append(part, 0, count);
    }
    end();
  }

  /**
   * Adds a whole array as int64; otherwise as for doubles.
   *
   * @throws UncheckedIOException if it cannot be written
   */
  public void put(String name, long[] values, int... shape) {
    begin(name, ElementType.INT64, ElementOrder.ROW_MAJOR, shape);
    append(values, 0, values.length);
    end();
  }

  /**
   * Adds a whole array as int32; otherwise as for doubles.
   *
   * @throws UncheckedIOException if it cannot be written
   */
  public void put(String name, int[] values, int... shape) {
    begin(name, ElementType.INT32, ElementOrder.ROW_MAJOR, shape);
    append(values, 0, values.length);
    end();
  }

  /**
   * Begins a row-major array whose values follow in parts, and ends the one before.
   *
   * @throws UncheckedIOException if it cannot be written
   * @throws IllegalArgumentException if the name is empty or taken
   * @throws IllegalStateException if the array before lacks values
   */
  public void begin(String name, Precision precision, int... shape) {
    begin(name, NpyEncoder.type(precision), ElementOrder.ROW_MAJOR, shape);
  }

  /**
   * The same for an array of any element type and order.
   *
   * @param order of the values in the calls and in the file
   * @throws UncheckedIOException if it cannot be written
   */
  public void begin(String name, ElementType type, ElementOrder order, int... shape) {
    if (name.isBlank() || !names.add(name)) {
      throw new IllegalArgumentException("the array name '" + name + "' is empty or taken");
    }
    end();
    try {
      ZipEntry entry = new ZipEntry(name + ".npy");
      entry.setTimeLocal(TIME);
      zip.putNextEntry(entry);
      current = new NpyEncoder(name, zip, type, order, shape);
    } catch (IOException e) {
      throw AtomicFile.failure(target, e);
    }
  }

  /**
   * Adds the next values of the array that was begun, in its order; float32 rounds them.
   *
   * @throws UncheckedIOException if they cannot be written
   * @throws IllegalStateException if no array was begun or there are more than its shape holds
   * @throws IllegalArgumentException if it holds integers and a value is none of its type
   */
  public void append(double[] values, int offset, int count) {
    try {
      begun().write(values, offset, count);
    } catch (IOException e) {
      throw AtomicFile.failure(target, e);
    }
  }

  /**
   * Adds the next values of the array that was begun, in its order.
   *
   * @throws UncheckedIOException if they cannot be written
   * @throws IllegalStateException if no array was begun or there are more than its shape holds
   * @throws IllegalArgumentException if its type cannot hold a value
   */
  public void append(long[] values, int offset, int count) {
    try {
      begun().write(values, offset, count);
    } catch (IOException e) {
      throw AtomicFile.failure(target, e);
    }
  }

  /**
   * Adds the next values of the array that was begun, in its order.
   *
   * @throws UncheckedIOException if they cannot be written
   * @throws IllegalStateException if no array was begun or there are more than its shape holds
   * @throws IllegalArgumentException if its type cannot hold a value
   */
  public void append(int[] values, int offset, int count) {
    try {
      begun().write(values, offset, count);
    } catch (IOException e) {
      throw AtomicFile.failure(target, e);
    }
  }

  private NpyEncoder begun() {
    if (current == null) {
      throw new IllegalStateException("no array was begun in " + target);
    }
    return current;
  }

  private void end() {
    if (current == null) {
      return;
    }
    current.requireComplete();
    current = null;
    try {
      zip.closeEntry();
    } catch (IOException e) {
      throw AtomicFile.failure(target, e);
    }
  }

  /**
   * Makes the file appear under its name.
   *
   * @throws UncheckedIOException if that fails
   * @throws IllegalStateException if the last array lacks values
   */
  public void commit() {
    end();
    try {
      zip.finish();
    } catch (IOException e) {
      throw AtomicFile.failure(target, e);
    }
    file.commit();
  }

  /** Removes the temporary file, unless it was committed. */
  @Override
  public void close() {
    zip.release();
    file.close();
  }

  /** A zip stream whose native memory can be released without writing anything more. */
  private static final class Zip extends ZipOutputStream {
    Zip(OutputStream out) {
      super(out);
    }

    void release() {
      def.end();
    }
  }
}
