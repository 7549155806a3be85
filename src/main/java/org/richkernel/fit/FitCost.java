package org.richkernel.fit;

import java.util.LinkedHashMap;
import java.util.Map;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendInfo;
import org.richkernel.result.PeakMemory;
import org.richkernel.result.Summary;
import org.richkernel.solver.RunControl;

/**
 * Backend, memory and time of a fit.
 *
 * @param memory most bytes held at once
 * @param seconds wall-clock time
 * @param ioSeconds the part of it that went into checkpoints
 * @param parts other parts of it, by name
 */
public record FitCost(
    BackendInfo backend,
    PeakMemory memory,
    double seconds,
    double ioSeconds,
    Map<String, Double> parts) {
  public FitCost {
    parts = Map.copyOf(parts);
  }

  /** The cost of a fit that ends now. */
  public static FitCost of(Backend backend, long startNanos, RunControl control) {
    return new FitCost(
        backend.info(),
        PeakMemory.of(backend),
        (System.nanoTime() - startNanos) * 1e-9,
        control.checkpoints().seconds(),
        Map.of());
  }

  /** The same with the time of a solver, in which checkpoints were written. */
  public FitCost solving(String part, double wallSeconds) {
    return with(part, wallSeconds - ioSeconds);
  }

  /** The same with a further part of the time. */
  FitCost with(String part, double partSeconds) {
    Map<String, Double> more = new LinkedHashMap<>(parts);
    more.put(part, Math.max(0, partSeconds));
    return new FitCost(backend, memory, seconds, ioSeconds, more);
  }

  /**
   * Enters this into a summary.
   *
   * @param around seconds spent on files before the fit
   */
  public void addTo(Summary.Builder summary, double around) {
    summary
        .backend(backend)
        .peakBytes(memory)
        .seconds("total", seconds + around)
        .seconds("io", ioSeconds + around);
    parts.forEach(summary::seconds);
  }
}
