package org.richkernel.group;

/** Ranks that should compute the same differ; their later sums are invalid. */
public final class RanksPartedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message names the rank, the step and the possible cause
   */
  public RanksPartedException(String message) {
    super(message);
  }
}
