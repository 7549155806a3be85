package org.richkernel.network;

import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Numbers in the form in which they take least memory: unsigned bytes, float32 or float64, and a
 * function of each that is evaluated whenever it is read. Immutable.
 *
 * <p>Arrays are taken over without a copy; they must not change while this is in use.
 */
public abstract sealed class InputValues {
  private static final int CODES = 256;

  private InputValues() {}

  /** Numbers in float64. */
  public static InputValues of(double... values) {
    return new Doubles(values, null);
  }

  /** Numbers in float32. */
  public static InputValues of(float... values) {
    return new Floats(values, null);
  }

  /** Bytes from 0 to 255. */
  public static InputValues ofUnsigned(byte... values) {
    double[] table = new double[CODES];
    for (int code = 0; code < CODES; code++) {
      table[code] = code;
    }
    return new Codes(values, table);
  }

  /** How many. */
  public abstract int length();

  /** One of them. */
  public abstract double get(int index);

  /** Copies {@code count} of them from an index on to a place in an array. */
  public abstract void copy(int from, double[] target, int at, int count);

  /** A function of each; nothing is copied. */
  public abstract InputValues map(DoubleUnaryOperator next);

  /** Bytes that they take. */
  public abstract long bytes();

  abstract InputValues part(int count);

  /** Copies numbers as they are stored, of the same kind as this. */
  abstract void copyStored(int from, InputValues target, int at, int count);

  /**
   * Some rows of a matrix, stored as these.
   *
   * @param chosen rows, which count from 0, in the order in which they are wanted
   * @param columns numbers of a row
   */
  public InputValues rows(int[] chosen, int columns) {
    InputValues some = part(Math.multiplyExact(chosen.length, columns));
    for (int i = 0; i < chosen.length; i++) {
      copyStored(chosen[i] * columns, some, i * columns, columns);
    }
    return some;
  }

  /** All of them, as a new array. */
  public double[] toArray() {
    double[] values = new double[length()];
    copy(0, values, 0, values.length);
    return values;
  }

  private static DoubleUnaryOperator then(
      @Nullable DoubleUnaryOperator of, DoubleUnaryOperator next) {
    return of == null ? next : of.andThen(next);
  }

  private static final class Doubles extends InputValues {
    private final double[] values;
    private final @Nullable DoubleUnaryOperator of; // null for the numbers themselves

    Doubles(double[] values, @Nullable DoubleUnaryOperator of) {
      this.values = values;
      this.of = of;
    }

    @Override
    public int length() {
      return values.length;
    }

    @Override
    public double get(int index) {
      return of == null ? values[index] : of.applyAsDouble(values[index]);
    }

    @Override
    public void copy(int from, double[] target, int at, int count) {
      System.arraycopy(values, from, target, at, count);
      for (int i = at; of != null && i < at + count; i++) {
        target[i] = of.applyAsDouble(target[i]);
      }
    }

    @Override
    public InputValues map(DoubleUnaryOperator next) {
      return new Doubles(values, then(of, next));
    }

    @Override
    public long bytes() {
      return (long) Double.BYTES * values.length;
    }

    @Override
    InputValues part(int count) {
      return new Doubles(new double[count], of);
    }

    @Override
    void copyStored(int from, InputValues target, int at, int count) {
      System.arraycopy(values, from, ((Doubles) target).values, at, count);
    }
  }

  private static final class Floats extends InputValues {
    private final float[] values;
    private final @Nullable DoubleUnaryOperator of; // null for the numbers themselves

    Floats(float[] values, @Nullable DoubleUnaryOperator of) {
      this.values = values;
      this.of = of;
    }

    @Override
    public int length() {
      return values.length;
    }

    @Override
    public double get(int index) {
      return of == null ? values[index] : of.applyAsDouble(values[index]);
    }

    @Override
    public void copy(int from, double[] target, int at, int count) {
      for (int i = 0; i < count; i++) {
        target[at + i] = get(from + i);
      }
    }

    @Override
    public InputValues map(DoubleUnaryOperator next) {
      return new Floats(values, then(of, next));
    }

    @Override
    public long bytes() {
      return (long) Float.BYTES * values.length;
    }

    @Override
    InputValues part(int count) {
      return new Floats(new float[count], of);
    }

    @Override
    void copyStored(int from, InputValues target, int at, int count) {
      System.arraycopy(values, from, ((Floats) target).values, at, count);
    }
  }

  /** Bytes, and the number that each of the 256 stands for. */
  private static final class Codes extends InputValues {
    private final byte[] codes;
    private final double[] table;

    Codes(byte[] codes, double[] table) {
      this.codes = codes;
      this.table = table;
    }

    @Override
    public int length() {
      return codes.length;
    }

    @Override
    public double get(int index) {
      return table[Byte.toUnsignedInt(codes[index])];
    }

    @Override
    public void copy(int from, double[] target, int at, int count) {
      for (int i = 0; i < count; i++) {
        target[at + i] = table[Byte.toUnsignedInt(codes[from + i])];
      }
    }

    @Override
    public InputValues map(DoubleUnaryOperator next) {
      double[] mapped = new double[CODES];
      for (int code = 0; code < CODES; code++) {
        mapped[code] = next.applyAsDouble(table[code]);
      }
      return new Codes(codes, mapped);
    }

    @Override
    public long bytes() {
      return codes.length;
    }

    @Override
    InputValues part(int count) {
      return new Codes(new byte[count], table);
    }

    @Override
    void copyStored(int from, InputValues target, int at, int count) {
      System.arraycopy(codes, from, ((Codes) target).codes, at, count);
    }
  }
}
