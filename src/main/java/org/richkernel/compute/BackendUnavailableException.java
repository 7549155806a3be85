package org.richkernel.compute;

/** The requested backend cannot be used; the message gives the reason and advice. */
public final class BackendUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** An exception for a backend with the reason and advice. */
  public BackendUnavailableException(String backend, String reason, String mend) {
    super("backend " + backend + " cannot be used: " + reason + "; " + mend);
  }
}
