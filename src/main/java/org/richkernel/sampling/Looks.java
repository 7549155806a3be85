package org.richkernel.sampling;

/**
 * When chains are looked at. A look goes over all that was measured so far, so the time between two
 * grows with the length of the chains: all looks together cost a few passes over the whole.
 */
public final class Looks {
  /** Fewest sweeps between two looks. */
  public static final int ROUND = 20;

  /** Beyond this many rounds the time between two looks is the length of the chains over it. */
  private static final int SHARE = 10;

  private Looks() {}

  /**
   * The sweep of the next look, a multiple of {@link #ROUND} after one.
   *
   * @param sweep of the last look, 0 before the first
   */
  public static long after(long sweep) {
    return sweep + ROUND * (1 + sweep / SHARE / ROUND);
  }
}
