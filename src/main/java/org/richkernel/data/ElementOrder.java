package org.richkernel.data;

/** In which order the elements of an array stand in a file. */
public enum ElementOrder {
  /** C order: the last index counts fastest. */
  ROW_MAJOR,
  /** Fortran order: the first index counts fastest. */
  COLUMN_MAJOR
}
