package org.richkernel.group;

/** A rank that ended, or that nothing was heard of for too long; the group is of no more use. */
public final class RankLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int rank;

  /**
   * @param rank the lost one
   * @param message which rank, where it ran, and how its loss was seen
   */
  public RankLostException(int rank, String message, Throwable cause) {
    super(message, cause);
    this.rank = rank;
  }

  /** The lost rank. */
  public int rank() {
    return rank;
  }
}
