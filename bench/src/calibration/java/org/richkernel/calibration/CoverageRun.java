package org.richkernel.calibration;

import org.richkernel.compute.Backend;

/** A case of known answer that is solved again with other seeds. */
public interface CoverageRun {
  /** For the table. */
  String name();

  /** Solves the case and adds how far the numbers are from the truth. */
  void add(Backend backend, long seed, Coverage coverage);
}
