package org.richkernel.data;

/** The order of the numbers of an image in a file. */
public enum ImageLayout {
  /** Row, column, channel. */
  HWC,
  /** Channel, row, column. */
  CHW
}
