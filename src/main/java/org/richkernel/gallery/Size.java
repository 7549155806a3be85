package org.richkernel.gallery;

import java.util.Locale;

/** How much work the pages are made with. */
public enum Size {
  /** Seconds in all: whether everything works, not what is found. */
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
