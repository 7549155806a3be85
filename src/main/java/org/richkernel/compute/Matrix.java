package org.richkernel.compute;

/**
 * A dense row-major matrix that lives where its {@link Backend} lives.
 *
 * <p>Element (i, j) is at offset {@code i * stride() + j} from the first element. A matrix made by
 * {@link Backend#allocate} owns its memory and frees it on {@link #close()}; a view shares the
 * storage of its parent, frees nothing when it is closed, and becomes unusable when the parent is
 * closed. Every use of a closed handle throws {@link IllegalStateException}.
 */
public interface Matrix extends AutoCloseable {
  /** Number of rows; may be zero. */
  int rows();

  /** Number of columns; may be zero. */
  int columns();

  /** Elements between the starts of two consecutive rows; at least {@link #columns()}. */
  int stride();

  /** Format of the elements. */
  Precision precision();

  /** Content of the matrix, for error messages and memory plans. */
  String label();

  /** Whether this handle, or the parent of this view, was closed. */
  boolean isClosed();

  /**
   * A window of this matrix that shares its storage.
   *
   * @param firstRow first row, 0-based
   * @param rows number of rows
   * @param firstColumn first column, 0-based
   * @param columns number of columns
   * @throws IndexOutOfBoundsException if the window leaves this matrix
   */
  Matrix view(int firstRow, int rows, int firstColumn, int columns);

  /** All columns of the rows {@code firstRow .. firstRow + rows - 1}. */
  default Matrix rowRange(int firstRow, int rows) {
    return view(firstRow, rows, 0, columns());
  }

  /**
   * The same elements in rows of another length; shares the storage.
   *
   * @throws IllegalArgumentException if the number of elements differs, or there are gaps between
   *     rows
   */
  Matrix reshaped(int rows, int columns);

  /** Number of elements, rows times columns. */
  default long size() {
    return (long) rows() * columns();
  }

  /** "label (rows x columns, precision)", for messages. */
  default String describe() {
    return label() + " (" + rows() + " x " + columns() + ", " + precision() + ")";
  }

  @Override
  void close();
}
