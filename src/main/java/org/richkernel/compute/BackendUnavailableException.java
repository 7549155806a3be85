package org.richkernel.compute;

/** A backend that was asked for cannot be used; the message says why and what would mend it. */
public final class BackendUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The backend, the reason, and the mend. */
  public BackendUnavailableException(String backend, String reason, String mend) {
    super("backend " + backend + " cannot be used: " + reason + "; " + mend);
  }
}
