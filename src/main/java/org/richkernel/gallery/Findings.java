package org.richkernel.gallery;

import java.util.List;
import org.richkernel.report.Section;

/**
 * Content of a page after its runs.
 *
 * @param sentence result in one sentence with numbers
 * @param sections pictures and tables; the index shows the first picture
 */
record Findings(String sentence, List<Section> sections, List<Check> checks) {
  /** Takes copies of the lists. */
  Findings {
    sections = List.copyOf(sections);
    checks = List.copyOf(checks);
  }
}
