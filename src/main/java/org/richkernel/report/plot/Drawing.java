package org.richkernel.report.plot;

import java.util.List;

/** A picture for a page, with its data as text. */
public interface Drawing {
  /** The svg elements of the page, left to right, or one below the other if the page is narrow. */
  List<String> svgs();

  /** The whole picture as an SVG document with a style of its own. */
  String document();

  /** The drawn data as comma-separated values with a header. */
  String csv();
}
