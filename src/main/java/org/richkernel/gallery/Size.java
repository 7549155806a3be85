package org.richkernel.gallery;

import java.util.Locale;

/** Amount of work for the pages. */
public enum Size {
  /** Seconds in all: a test that everything works, without meaningful results. */
  SMALL,
  /** Under an hour in all on two cores. */
  LAPTOP,
  /** A node with a GPU. */
  FULL;

  /** The value that belongs to this size. */
  <T> T of(T small, T laptop, T full) {
    return this == SMALL ? small : this == LAPTOP ? laptop : full;
  }

  /** Its name in lower case. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
