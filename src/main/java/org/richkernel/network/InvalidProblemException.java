package org.richkernel.network;

import java.util.Collection;
import java.util.stream.Collectors;

/** An invalid problem; the message names the field, its value, and the allowed values. */
public final class InvalidProblemException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String field;

  /** An exception for a field, its value and the allowed values. */
  public InvalidProblemException(String field, Object value, String allowed) {
    super((field + " is " + text(value) + "; " + allowed).replaceAll("\\p{Cntrl}+\\s*", " "));
    this.field = field;
  }

  /** The value as the user wrote it; a list with commas between its elements. */
  private static String text(Object value) {
    return value instanceof Collection<?> list
        ? list.stream().map(String::valueOf).collect(Collectors.joining(","))
        : String.valueOf(value);
  }

  /** The field that is wrong. */
  public String field() {
    return field;
  }
}
