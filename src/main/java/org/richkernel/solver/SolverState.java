package org.richkernel.solver;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/** Content of a checkpoint: named arrays, from which a solver continues bit for bit. */
public final class SolverState {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]+");

  private final Map<String, double[]> doubles = new LinkedHashMap<>();
  private final Map<String, float[]> floats = new LinkedHashMap<>();

  /** Stores an array of doubles (numbers and counters below 2^53 included). */
  public SolverState put(String name, double... values) {
    doubles.put(requireName(name), values);
    return this;
  }

  /** Stores an array of floats. */
  public SolverState put(String name, float[] values) {
    floats.put(requireName(name), values);
    return this;
  }

  /** Stores the arrays of a part, each by the name of the part, a dot and its own name. */
  public SolverState put(String name, SolverState part) {
    part.doubles.forEach((own, values) -> doubles.put(name + "." + own, values));
    part.floats.forEach((own, values) -> floats.put(name + "." + own, values));
    return this;
  }

  /** Names of arrays in files, which not every store checks. */
  private static String requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "the name '" + name + "' must consist of letters, digits, '_', '-' and '.'");
    }
    return name;
  }

  /** The part of a name; empty if none was stored. */
  public SolverState part(String name) {
    SolverState part = new SolverState();
    String prefix = name + ".";
    doubles.forEach(
        (full, values) -> {
          if (full.startsWith(prefix)) {
            part.put(full.substring(prefix.length()), values);
          }
        });
    floats.forEach(
        (full, values) -> {
          if (full.startsWith(prefix)) {
            part.put(full.substring(prefix.length()), values);
          }
        });
    return part;
  }

  /** A checksum of the bits of all arrays with their names, 0 to 2^32 - 1. */
  public long checksum() {
    CRC32C sum = new CRC32C();
    doubles.forEach(
        (name, values) -> {
          sum.update(name.getBytes(StandardCharsets.UTF_8));
          ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(Double.BYTES, values.length));
          bytes.asDoubleBuffer().put(values);
          sum.update(bytes);
        });
    floats.forEach(
        (name, values) -> {
          sum.update(name.getBytes(StandardCharsets.UTF_8));
          ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(Float.BYTES, values.length));
          bytes.asFloatBuffer().put(values);
          sum.update(bytes);
        });
    return sum.getValue();
  }

  /** Whether nothing is stored. */
  public boolean isEmpty() {
    return doubles.isEmpty() && floats.isEmpty();
  }

  /**
   * An array stored as doubles.
   *
   * @throws IllegalArgumentException if there is none of this name
   */
  public double[] doubles(String name) {
    return require(doubles.get(name), name);
  }

  /** A single number. */
  public double number(String name) {
    return doubles(name)[0];
  }

  /** An array stored as floats. */
  public float[] floats(String name) {
    return require(floats.get(name), name);
  }

  private static <T> T require(T value, String name) {
    if (value == null) {
      throw new IllegalArgumentException("the checkpoint holds no array named " + name);
    }
    return value;
  }

  /** All arrays of doubles. */
  public Map<String, double[]> allDoubles() {
    return Collections.unmodifiableMap(doubles);
  }

  /** All arrays of floats. */
  public Map<String, float[]> allFloats() {
    return Collections.unmodifiableMap(floats);
  }
}
