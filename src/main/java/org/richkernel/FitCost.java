package org.richkernel;

import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendInfo;
import org.richkernel.result.Summary;

/**
 * What a fit ran on and what it took.
 *
 * @param peakBytes most bytes of matrices at once
 * @param seconds wall-clock time
 */
record FitCost(BackendInfo backend, long peakBytes, double seconds) {
  static FitCost of(Backend backend, double seconds) {
    return new FitCost(backend.info(), backend.peakBytes(), seconds);
  }

  /** Enters this into a summary. */
  void addTo(Summary.Builder summary, double ioSeconds) {
    summary
        .backend(backend)
        .peakBytes(ResultParts.host(backend, peakBytes), ResultParts.device(backend, peakBytes))
        .seconds("total", seconds + ioSeconds)
        .seconds("io", ioSeconds);
  }
}
