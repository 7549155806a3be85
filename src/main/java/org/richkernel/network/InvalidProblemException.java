package org.richkernel.network;

import java.util.Collection;
import java.util.stream.Collectors;

/** A problem that makes no sense: names the field, its value, and what is allowed. */
public final class InvalidProblemException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String field;

  /** The field, the value it had, and what would be allowed. */
  public InvalidProblemException(String field, Object value, String allowed) {
    super((field + " is " + text(value) + "; " + allowed).replaceAll("\\p{Cntrl}+\\s*", " "));
    this.field = field;
  }

  /** A list is shown as it is given, with commas between. */
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
