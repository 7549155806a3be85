package org.richkernel.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.richkernel.compute.Precision;

/**
 * Writes an .npy file value by value, little-endian, so that an array larger than the memory can be
 * written in parts. The file appears at {@link #commit}.
 */
public final class NpyWriter implements AutoCloseable {
  private final Path target;
  private final AtomicFile file;
  private final NpyEncoder encoder;

  private NpyWriter(Path target, ElementType type, ElementOrder order, int[] shape) {
    this.target = target;
    this.file = AtomicFile.create(target);
    try {
      this.encoder = new NpyEncoder(target.toString(), file.stream(), type, order, shape);
    } catch (IOException e) {
      file.close();
      throw AtomicFile.failure(target, e);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /**
   * Begins a row-major file of that shape; no dimensions make a scalar.
   *
   * @throws UncheckedIOException if it cannot be written
   */
  public static NpyWriter create(Path target, Precision precision, int... shape) {
    return create(target, NpyEncoder.type(precision), ElementOrder.ROW_MAJOR, shape);
  }

  /**
   * Begins a file of any element type and order.
   *
   * @param order in which the values will be given, and stand in the file
   * @param shape no dimensions make a scalar
   * @throws UncheckedIOException if it cannot be written
   */
  public static NpyWriter create(Path target, ElementType type, ElementOrder order, int... shape) {
    return new NpyWriter(target, type, order, shape);
  }

  /**
   * Writes a whole row-major array as float64.
   *
   * @throws UncheckedIOException if it cannot be written
   * @throws IllegalStateException if the number of values does not fit the shape
   */
  public static void write(Path target, double[] values, int... shape) {
    try (NpyWriter writer = create(target, Precision.FLOAT64, shape)) {
      writer.append(values, 0, values.length);
      writer.commit();
    }
  }

  /**
   * Writes a whole row-major array as int64.
   *
   * @throws UncheckedIOException if it cannot be written
   * @throws IllegalStateException if the number of values does not fit the shape
   */
  public static void write(Path target, long[] values, int... shape) {
    try (NpyWriter writer = create(target, ElementType.INT64, ElementOrder.ROW_MAJOR, shape)) {
      writer.append(values, 0, values.length);
      writer.commit();
    }
  }

  /**
   * Writes a whole row-major array as int32.
   *
   * @throws UncheckedIOException if it cannot be written
   * @throws IllegalStateException if the number of values does not fit the shape
   */
  public static void write(Path target, int[] values, int... shape) {
    try (NpyWriter writer = create(target, ElementType.INT32, ElementOrder.ROW_MAJOR, shape)) {
      writer.append(values, 0, values.length);
      writer.commit();
    }
  }

  /**
   * Adds the next values in the order of the file; float32 files round them.
   *
   * @throws UncheckedIOException if they cannot be written
   * @throws IllegalStateException if there are more than the shape holds
   * @throws IllegalArgumentException if the file holds integers and a value is none of its type
   */
  public void append(double[] values, int offset, int count) {
    try {
      encoder.write(values, offset, count);
    } catch (IOException e) {
      throw AtomicFile.failure(target, e);
    }
  }

  /**
   * Adds the next values in the order of the file.
   *
   * @throws UncheckedIOException if they cannot be written
   * @throws IllegalStateException if there are more than the shape holds
   * @throws IllegalArgumentException if the type of the file cannot hold a value
   */
  public void append(long[] values, int offset, int count) {
    try {
      encoder.write(values, offset, count);
    } catch (IOException e) {
      throw AtomicFile.failure(target, e);
    }
  }

  /**
   * Adds the next values in the order of the file.
   *
   * @throws UncheckedIOException if they cannot be written
   * @throws IllegalStateException if there are more than the shape holds
   * @throws IllegalArgumentException if the type of the file cannot hold a value
   */
  public void append(int[] values, int offset, int count) {
    try {
      encoder.write(values, offset, count);
    } catch (IOException e) {
      throw AtomicFile.failure(target, e);
    }
  }

  /**
   * Makes the file appear under its name.
   *
   * @throws UncheckedIOException if that fails
   * @throws IllegalStateException if values are missing
   */
  public void commit() {
    encoder.requireComplete();
    file.commit();
  }

  /** Removes what was written, unless it was committed. */
  @Override
  public void close() {
    file.close();
  }
}
