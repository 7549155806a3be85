package org.richkernel.data;

/** An input file that cannot be used: names the file, what is wrong with it, and the mend. */
public final class InvalidDataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String source;

  /** The file (or array in it), what is wrong, and how to mend it; the message is one line. */
  public InvalidDataException(String source, String problem, String mend) {
    super(line(source, problem, mend));
    this.source = source;
  }

  /** The same with the exception that revealed the problem. */
  public InvalidDataException(String source, String problem, String mend, Throwable cause) {
    super(line(source, problem, mend), cause);
    this.source = source;
  }

  /** What a damaged file holds may break a line, or command a terminal. */
  private static String line(String source, String problem, String mend) {
    return (source + ": " + problem + "; " + mend).replaceAll("\\p{Cntrl}+\\s*", " ");
  }

  /** The file, or the array inside a file, that is wrong. */
  public String source() {
    return source;
  }
}
