package org.richkernel;

import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendInfo;
import org.richkernel.result.PeakMemory;
import org.richkernel.result.Summary;
import org.richkernel.solver.RunControl;

/**
 * What a fit ran on and what it took.
 *
 * @param memory most bytes held at once
 * @param seconds wall-clock time
 * @param ioSeconds the part of it that went into checkpoints
 */
record FitCost(BackendInfo backend, PeakMemory memory, double seconds, double ioSeconds) {
  /** The cost of a fit that ends now. */
  static FitCost of(Backend backend, long startNanos, RunControl control) {
    return new FitCost(
        backend.info(),
        PeakMemory.of(backend),
        (System.nanoTime() - startNanos) * 1e-9,
        control.checkpoints().seconds());
  }

  /**
   * Enters this into a summary.
   *
   * @param around seconds spent on files before the fit
   */
  void addTo(Summary.Builder summary, double around) {
    summary
        .backend(backend)
        .peakBytes(memory)
        .seconds("total", seconds + around)
        .seconds("io", ioSeconds + around);
  }
}
