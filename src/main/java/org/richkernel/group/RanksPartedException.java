package org.richkernel.group;

/** Ranks that should compute the same thing do not; what they have summed since is of no use. */
public final class RanksPartedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message which rank, where it was seen, and what may be the cause
   */
  public RanksPartedException(String message) {
    super(message);
  }
}
