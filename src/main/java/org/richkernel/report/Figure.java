package org.richkernel.report;

/**
 * A picture with the sentence that explains it.
 *
 * @param svg markup of an svg element
 * @param caption plain text
 * @param isWide whether it takes a row of the page for itself
 */
public record Figure(String svg, String caption, boolean isWide) {
  /** A picture that shares its row with others. */
  public Figure(String svg, String caption) {
    this(svg, caption, false);
  }

  /** A picture that takes a row for itself. */
  public static Figure wide(String svg, String caption) {
    return new Figure(svg, caption, true);
  }
}
