package org.richkernel.report.plot;

import java.util.List;

/** A picture for a page, with what a reader may take away from it. */
public interface Drawing {
  /** The svg elements of the page, left to right, or one below the other where there is no room. */
  List<String> svgs();

  /** The whole picture as an SVG document with a style of its own. */
  String document();

  /** What is drawn, as comma-separated values with a header. */
  String csv();
}
