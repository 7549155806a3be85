package org.richkernel.compute.cpu;

/**
 * Philox 4x32-10, a counter-based generator (Salmon, Moraes, Dror and Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", 2011). A block of four 32-bit words is a function of a counter of
 * four words and a key of two.
 */
final class Philox {
  private static final long M0 = 0xD2511F53L;
  private static final long M1 = 0xCD9E8D57L;
  private static final int W0 = 0x9E3779B9;
  private static final int W1 = 0xBB67AE85;
  private static final int ROUNDS = 10;
  private static final long LOW = 0xFFFFFFFFL;

  private Philox() {}

  /** One block: the counter in {@code words} is replaced by the random words. */
  static void block(int key0, int key1, int[] words) {
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
   * Many blocks at once; word w of block i is in {@code cw[i]}, as an unsigned number. The words
   * are kept in 64 bits because the compiler vectorises products of longs.
   */
  static void blocks(int key0, int key1, long[] c0, long[] c1, long[] c2, long[] c3, int n) {
    int k0 = key0;
    int k1 = key1;
    for (int round = 0; round < ROUNDS; round += 2) {
      twoRounds(k0 & LOW, k1 & LOW, (k0 + W0) & LOW, (k1 + W1) & LOW, c0, c1, c2, c3, n);
      k0 = k0 + W0 + W0;
      k1 = k1 + W1 + W1;
    }
  }

  private static void twoRounds(
      long k0, long k1, long l0, long l1, long[] c0, long[] c1, long[] c2, long[] c3, int n) {
    for (int i = 0; i < n; i++) {
      long p0 = M0 * c0[i];
      long p1 = M1 * c2[i];
      long x0 = (p1 >>> 32) ^ c1[i] ^ k0;
      long x1 = p1 & LOW;
      long x2 = (p0 >>> 32) ^ c3[i] ^ k1;
      long x3 = p0 & LOW;
      long q0 = M0 * x0;
      long q1 = M1 * x2;
      c0[i] = (q1 >>> 32) ^ x1 ^ l0;
      c1[i] = q1 & LOW;
      c2[i] = (q0 >>> 32) ^ x3 ^ l1;
      c3[i] = q0 & LOW;
    }
  }
}
