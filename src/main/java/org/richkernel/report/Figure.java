package org.richkernel.report;

import org.richkernel.report.plot.Drawing;

/**
 * A picture with the sentence that explains it.
 *
 * @param caption plain text
 * @param isWide whether it takes a row of the page for itself
 */
public record Figure(Drawing drawing, String caption, boolean isWide) {
  /** A picture that shares its row with others. */
  public Figure(Drawing drawing, String caption) {
    this(drawing, caption, false);
  }

  /** A picture that takes a row for itself. */
  public static Figure wide(Drawing drawing, String caption) {
    return new Figure(drawing, caption, true);
  }
}
