package org.richkernel.network;

/** A problem that makes no sense: names the field, its value, and what is allowed. */
public final class InvalidProblemException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String field;

  /** The field, the value it had, and what would be allowed. */
  public InvalidProblemException(String field, Object value, String allowed) {
    super(field + " is " + value + "; " + allowed);
    this.field = field;
  }

  /** The field that is wrong. */
  public String field() {
    return field;
  }
}
