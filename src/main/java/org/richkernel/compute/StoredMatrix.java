package org.richkernel.compute;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Shape, window and lifetime of a matrix, the same wherever its elements are kept; a backend adds
 * where that is.
 */
public abstract class StoredMatrix implements Matrix {
  private final @Nullable StoredMatrix parent;
  private final Precision precision;
  private final long first;
  private final int rows;
  private final int columns;
  private final int stride;
  private final String label;
  private boolean closed;

  /**
   * Makes a matrix that owns its memory, without gaps between its rows.
   *
   * @param label content
   */
  protected StoredMatrix(Precision precision, int rows, int columns, String label) {
    this.parent = null;
    this.precision = precision;
    this.first = 0;
    this.rows = rows;
    this.columns = columns;
    this.stride = columns;
    this.label = label;
  }

  /**
   * Makes a window.
   *
   * @param parent the matrix whose memory it shares
   * @param first elements from the start of that memory to the first of the window
   * @param stride elements between the starts of two of its rows
   */
  protected StoredMatrix(StoredMatrix parent, long first, int rows, int columns, int stride) {
    this.parent = parent;
    this.precision = parent.precision;
    this.first = first;
    this.rows = rows;
    this.columns = columns;
    this.stride = stride;
    this.label = parent.label;
  }

  /** A window whose first element is so many elements after the start of the memory. */
  protected abstract Matrix window(long firstElement, int rowCount, int columnCount, int rowStride);

  /** Gives the memory back; called once, and never for a window. */
  protected abstract void free();

  @Override
  public final int rows() {
    return rows;
  }

  @Override
  public final int columns() {
    return columns;
  }

  @Override
  public final int stride() {
    return stride;
  }

  @Override
  public final Precision precision() {
    return precision;
  }

  @Override
  public final String label() {
    return label;
  }

  @Override
  public final boolean isClosed() {
    return closed || (parent != null && parent.isClosed());
  }

  @Override
  public final Matrix view(int firstRow, int rowCount, int firstColumn, int columnCount) {
    requireOpen();
    Objects.checkFromIndexSize(firstRow, rowCount, rows);
    Objects.checkFromIndexSize(firstColumn, columnCount, columns);
    return window(first + at(firstRow, firstColumn), rowCount, columnCount, stride);
  }

  @Override
  public final Matrix reshaped(int rowCount, int columnCount) {
    requireOpen();
    if (!isDense() || rowCount < 0 || (long) rowCount * columnCount != size()) {
      throw new IllegalArgumentException(
          describe() + " has no dense shape " + rowCount + " x " + columnCount);
    }
    return window(first, rowCount, columnCount, columnCount);
  }

  @Override
  public final void close() {
    if (!closed) {
      closed = true;
      if (parent == null) {
        free();
      }
    }
  }

  /**
   * Checks that the matrix may be used.
   *
   * @throws IllegalStateException if it or its parent was closed
   */
  public final void requireOpen() {
    if (isClosed()) {
      throw new IllegalStateException(describe() + " is closed");
    }
  }

  /** Whether the elements are float32. */
  public final boolean isSingle() {
    return precision == Precision.FLOAT32;
  }

  /** Whether there are no elements. */
  public final boolean isEmpty() {
    return rows == 0 || columns == 0;
  }

  /** Whether the rows follow each other without a gap. */
  public final boolean isDense() {
    return stride == columns || rows <= 1;
  }

  /** Leading dimension as BLAS wants it: at least 1. */
  public final int leading() {
    return Math.max(1, stride);
  }

  /** Elements from the start of the memory to the first of this matrix. */
  protected final long first() {
    return first;
  }

  /** Elements from the first of this matrix to element (i, j). */
  public final long at(long row, long column) {
    return row * stride + column;
  }
}
