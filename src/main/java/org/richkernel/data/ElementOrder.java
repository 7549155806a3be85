package org.richkernel.data;

/** Order of the elements of an array in a file. */
public enum ElementOrder {
  /** C order: the last index counts fastest. */
  ROW_MAJOR,
  /** Fortran order: the first index counts fastest. */
  COLUMN_MAJOR
}
