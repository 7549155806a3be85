package org.richkernel.data;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.richkernel.network.InputValues;

/**
 * An array as it was read: values in row-major order, shape, and where it came from.
 *
 * <p>Seen as a matrix it has shape[0] rows and the product of the other dimensions as columns, so
 * images are flattened; a vector is one column and a scalar is 1 x 1. Immutable.
 */
public final class Table {
  private final String source;
  private final InputValues values;
  private final int[] shape;
  private final int rows;
  private final int columns;
  private final boolean idxBytes;
  private final TextTraits traits;
  private final Optional<DataFile> file;
  private final List<String> words;

  /** Takes the values over without a copy. */
  Table(String source, InputValues values, int[] shape, boolean idxBytes) {
    this(source, values, shape, idxBytes, TextTraits.NONE, Optional.empty(), List.of());
  }

  private Table(
      String source,
      InputValues values,
      int[] shape,
      boolean idxBytes,
      TextTraits traits,
      Optional<DataFile> file,
      List<String> words) {
    this.words = List.copyOf(words);
    this.traits = traits;
    this.file = file;
    this.source = source;
    this.values = values;
    this.shape = shape;
    this.idxBytes = idxBytes;
    this.rows = shape.length == 0 ? 1 : shape[0];
    long width = 1;
    for (int d = 1; d < shape.length; d++) {
      width = Math.multiplyExact(width, shape[d]);
    }
    this.columns = Math.toIntExact(width);
    if ((long) rows * columns != values.length()) {
      throw new IllegalArgumentException(
          values.length() + " values do not fill the shape " + describe(shape));
    }
  }

  /**
   * A table of values in memory.
   *
   * @param source how messages name it
   * @param values row-major, as many as the shape says; copied
   * @throws IllegalArgumentException if the number of values does not fit the shape
   */
  public static Table of(String source, double[] values, int... shape) {
    return taking(source, values.clone(), shape);
  }

  /**
   * The same without a copy, for large arrays that nothing changes from here on.
   *
   * @param values row-major, as many as the shape says; taken over
   * @throws IllegalArgumentException if the number of values does not fit the shape
   */
  public static Table taking(String source, double[] values, int... shape) {
    return new Table(source, InputValues.of(values), shape.clone(), false);
  }

  /** The same table with the traits of the text that it was read from. */
  Table with(TextTraits others) {
    return new Table(source, values, shape, idxBytes, others, file, words);
  }

  /** The same table with the file that it was read from. */
  Table of(DataFile whole) {
    return new Table(source, values, shape, idxBytes, traits, Optional.of(whole), words);
  }

  /** The same table with whole numbers for words: k for the k-th word. */
  Table withWords(List<String> names) {
    return new Table(source, values, shape, idxBytes, traits, file, names);
  }

  /** The words of the numbers; empty for plain numbers. */
  List<String> words() {
    return words;
  }

  /** The file that this was read from, if it was read from one. */
  Optional<DataFile> file() {
    return file;
  }

  /** The traits of the text that this was read from. */
  TextTraits traits() {
    return traits;
  }

  /** The file (and array in it) that this was read from. */
  public String source() {
    return source;
  }

  /** The dimensions; empty for a scalar. */
  public int[] shape() {
    return shape.clone();
  }

  /** The first dimension. */
  public int rows() {
    return rows;
  }

  /** The product of all dimensions but the first. */
  public int columns() {
    return columns;
  }

  /** One value; row and column count from 0. */
  public double get(int row, int column) {
    return values.get(
        Objects.checkIndex(row, rows) * columns + Objects.checkIndex(column, columns));
  }

  /** All values, row-major; a copy. */
  public double[] values() {
    double[] copy = Heap.doubles(source, values.length());
    values.copy(0, copy, 0, copy.length);
    return copy;
  }

  /** All values, row-major; nothing is copied. */
  public InputValues shared() {
    return values;
  }

  /** A table of some of the rows, which count from 0, in the order given. */
  Table rows(int[] chosen) {
    return new Table(source, values(chosen), new int[] {chosen.length, columns}, idxBytes);
  }

  /** The values of some of the rows, row-major. */
  InputValues values(int[] chosen) {
    return values.rows(chosen, columns);
  }

  /** Copies one row. */
  void copyRow(int row, double[] target) {
    values.copy(row * columns, target, 0, columns);
  }

  /** As many rows of other values from the same place. */
  Table replaced(double[] others, int width) {
    return new Table(
        source, InputValues.of(others), new int[] {rows, width}, idxBytes, traits, file, words);
  }

  /** Whether these are unsigned bytes of an IDX file, such as pixels from 0 to 255. */
  public boolean isIdxBytes() {
    return idxBytes;
  }

  /**
   * This table, if all its values are finite.
   *
   * @throws InvalidDataException naming the row and column of the first NaN or infinity
   */
  public Table requireFinite() {
    for (int i = 0; i < values.length(); i++) {
      if (!Double.isFinite(values.get(i))) {
        throw new InvalidDataException(
            source,
            place(i, columns) + " is " + values.get(i),
            "every value must be finite: remove or replace it");
      }
    }
    return this;
  }

  /** Where a value stands, counted from 1 as messages do. */
  static String place(long index, long columns) {
    return "row " + (index / columns + 1) + ", column " + (index % columns + 1);
  }

  /** A shape in words, such as "60000 x 28 x 28". */
  static String describe(int... shape) {
    return shape.length == 0
        ? "a single value"
        : Arrays.stream(shape).mapToObj(Integer::toString).collect(Collectors.joining(" x "));
  }

  @Override
  public String toString() {
    return source + " (" + describe(shape) + ")";
  }
}
