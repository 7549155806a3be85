package org.richkernel.gallery;

import java.util.List;
import org.richkernel.report.Section;

/**
 * What a page shows once its runs are done.
 *
 * @param sentence what was found, in one sentence with numbers
 * @param sections pictures and tables; the first picture stands for the page in the index
 */
record Findings(String sentence, List<Section> sections, List<Check> checks) {
  /** Takes copies of the lists. */
  Findings {
    sections = List.copyOf(sections);
    checks = List.copyOf(checks);
  }
}
