package org.richkernel.compute;

/**
 * Philox 4x32-10, a counter-based generator (Salmon, Moraes, Dror and Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", 2011). A block of four 32-bit words is a function of a counter of
 * four words and a key of two.
 */
public final class Philox {
  private static final long M0 = 0xD2511F53L;
  private static final long M1 = 0xCD9E8D57L;
  private static final int W0 = 0x9E3779B9;
  private static final int W1 = 0xBB67AE85;
  private static final int ROUNDS = 10;
  private static final long LOW = 0xFFFFFFFFL;

  private Philox() {}

  /** One block: the counter in {@code words} is replaced by the random words. */
  public static void block(int key0, int key1, int[] words) {
    int k0 = key0;
    int k1 = key1;
    for (int round = 0; round < ROUNDS; round++) {
      long p0 = M0 * (words[0] & LOW);
      long p1 = M1 * (words[2] & LOW);
      words[0] = (int) (p1 >>> 32) ^ words[1] ^ k0;
      words[1] = (int) p1;
      words[2] = (int) (p0 >>> 32) ^ words[3] ^ k1;
      words[3] = (int) p0;
      k0 += W0;
      k1 += W1;
    }
  }

  /**
   * Many blocks at once: word w of counter i is in {@code words[w][i]} as an unsigned number and is
   * replaced by the random word; {@code words[4] .. words[7]} are scratch.
   *
   * <p>The words are kept in 64 bits, and every half of a round is a separate loop from arrays to
   * other arrays, because the compiler of JDK 17 vectorises this form.
   */
  public static void blocks(int key0, int key1, long[][] words, int n) {
    int k0 = key0;
    int k1 = key1;
    for (int round = 0; round < ROUNDS; round += 2) {
      half(M1, words[2], words[1], k0 & LOW, words[4], words[5], n);
      half(M0, words[0], words[3], k1 & LOW, words[6], words[7], n);
      k0 += W0;
      k1 += W1;
      half(M1, words[6], words[5], k0 & LOW, words[0], words[1], n);
      half(M0, words[4], words[7], k1 & LOW, words[2], words[3], n);
      k0 += W0;
      k1 += W1;
    }
  }

  private static void half(
      long multiplier, long[] a, long[] b, long key, long[] high, long[] low, int n) {
    for (int i = 0; i < n; i++) {
      long product = multiplier * a[i];
      high[i] = (product >>> 32) ^ b[i] ^ key;
      low[i] = product & LOW;
    }
  }
}
