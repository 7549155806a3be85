package org.richkernel.compute;

/**
 * A kind of backend, found through {@link java.util.ServiceLoader}. A provider must be cheap to
 * construct and must not load a native library before {@link #probe} or {@link #open}.
 */
public interface BackendProvider {
  /** "cpu" or "cuda". */
  String name();

  /** Order of preference of {@code auto}; higher is tried first. */
  int rank();

  /**
   * Checks whether the backend can be used on this machine; the result lists the search and its
   * findings.
   */
  Probe probe(BackendOptions options);

  /**
   * Opens the backend.
   *
   * @throws BackendUnavailableException if it cannot be used
   */
  Backend open(BackendOptions options);

  /**
   * The outcome of a probe.
   *
   * @param usable whether {@link #open} would succeed
   * @param device the device found, or "none"
   * @param reason first obstacle with advice, in one line; empty if usable
   * @param report searched items, findings and advice, one line each
   */
  record Probe(boolean usable, String device, String reason, java.util.List<String> report) {
    public Probe {
      report = java.util.List.copyOf(report);
    }
  }
}
