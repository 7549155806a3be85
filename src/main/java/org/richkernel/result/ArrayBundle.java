package org.richkernel.result;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.richkernel.compute.Precision;
import org.richkernel.data.NpzArchive;
import org.richkernel.data.NpzWriter;
import org.richkernel.data.Table;
import org.richkernel.network.InputValues;

/**
 * Named arrays of float32 and float64 on their way into one .npz file. Immutable; {@code with}
 * methods return a larger bundle. Values are not copied: leave them alone until they are written.
 */
public final class ArrayBundle {
  private static final int CHUNK = 8192;

  private static final ArrayBundle EMPTY = new ArrayBundle(Map.of());

  private final Map<String, Entry> entries;

  private ArrayBundle(Map<String, Entry> entries) {
    this.entries = entries;
  }

  /** Row-major values that can be handed out in parts. */
  private interface Entry {
    void writeTo(NpzWriter writer, String name);
  }

  /** No arrays. */
  public static ArrayBundle empty() {
    return EMPTY;
  }

  /** The same and a float64 array; no dimensions make a scalar. */
  public ArrayBundle with(String name, double[] values, int... shape) {
    return plus(name, (writer, key) -> writer.put(key, values, shape));
  }

  /** The same and numbers in any form as float64. */
  public ArrayBundle with(String name, InputValues values, int... shape) {
    return plus(name, (writer, key) -> writer.put(key, values, shape));
  }

  /** The same and a float32 array. */
  public ArrayBundle with(String name, float[] values, int... shape) {
    return plus(
        name,
        (writer, key) -> {
          writer.begin(key, Precision.FLOAT32, shape);
          double[] chunk = new double[Math.min(CHUNK, values.length)];
          for (int start = 0; start < values.length; start += CHUNK) {
            int count = Math.min(CHUNK, values.length - start);
            for (int i = 0; i < count; i++) {
              chunk[i] = values[start + i];
            }
            writer.append(chunk, 0, count);
          }
        });
  }

  /** The same and a table as float64. */
  public ArrayBundle with(String name, Table table) {
    return plus(name, (writer, key) -> writer.put(key, table));
  }

  private ArrayBundle plus(String name, Entry entry) {
    Map<String, Entry> more = new LinkedHashMap<>(entries);
    if (more.put(ArrayNames.require(name), entry) != null) {
      throw new IllegalArgumentException("there is an array '" + name + "' already");
    }
    return new ArrayBundle(more);
  }

  /** The names, in order. */
  public Set<String> names() {
    return Collections.unmodifiableSet(entries.keySet());
  }

  /** Puts every array into a file. */
  void writeTo(NpzWriter writer) {
    entries.forEach((name, entry) -> entry.writeTo(writer, name));
  }

  /** Writes a file that appears whole or not at all. */
  void write(Path file) {
    try (NpzWriter writer = NpzWriter.create(file)) {
      writeTo(writer);
      writer.commit();
    }
  }

  /** The arrays of a file whose names are wanted. */
  static Map<String, Table> read(Path file, Predicate<String> wanted) {
    Map<String, Table> arrays = new LinkedHashMap<>();
    try (NpzArchive archive = NpzArchive.open(file)) {
      for (String name : archive.names()) {
        if (wanted.test(name)) {
          arrays.put(name, archive.read(name));
        }
      }
    }
    return arrays;
  }
}
