package org.richkernel.data;

/** An input file that cannot be used; the message names the file, the problem and advice. */
public final class InvalidDataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String source;

  /**
   * An exception for a file (or array in it), with the problem and advice; the message is one line.
   */
  public InvalidDataException(String source, String problem, String mend) {
    super(line(source, problem, mend));
    this.source = source;
  }

  /** The same with the exception that revealed the problem. */
  public InvalidDataException(String source, String problem, String mend, Throwable cause) {
    super(line(source, problem, mend), cause);
    this.source = source;
  }

  /**
   * Replaces control characters: text of a damaged file may break a line, or control a terminal.
   */
  private static String line(String source, String problem, String mend) {
    return (source + ": " + problem + "; " + mend).replaceAll("\\p{Cntrl}+\\s*", " ");
  }

  /** The file, or the array inside a file, that is wrong. */
  public String source() {
    return source;
  }
}
