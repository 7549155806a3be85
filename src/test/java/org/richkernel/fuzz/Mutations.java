package org.richkernel.fuzz;

import java.util.Arrays;
import java.util.List;
import org.richkernel.compute.Philox;

/**
 * Files that are a little wrong: each is a function of the corpus, a seed and the number of the
 * execution, so that any one of millions can be made again alone.
 */
final class Mutations {
  /** Bytes that begin or end something in one of the formats, or are extreme. */
  private static final int[] BYTES = {
    0, 1, 2, 8, 9, 10, 13, 32, 34, 35, 39, 40, 44, 46, 48, 57, 59, 60, 62, 101, 110, 123, 125, 127,
    128, 255
  };

  /** Sizes and counts that overflow something. */
  private static final long[] NUMBERS = {
    0,
    1,
    2,
    3,
    127,
    255,
    256,
    32767,
    65535,
    65536,
    1 << 20,
    1 << 24,
    0x7fffffff,
    0x80000000L,
    0xffffffffL,
    0x100000000L,
    Long.MAX_VALUE,
    -1
  };

  private final List<byte[]> corpus;
  private final long seed;
  private final int[] words = new int[4];
  private long execution;
  private int drawn;

  Mutations(List<byte[]> corpus, long seed) {
    this.corpus = List.copyOf(corpus);
    this.seed = seed;
  }

  /** The file of an execution: a file of the corpus with one to four changes. */
  byte[] of(long number) {
    execution = number;
    drawn = 0;
    byte[] file = corpus.get(below(corpus.size())).clone();
    int changes = 1 + below(4);
    for (int i = 0; i < changes; i++) {
      file = changed(file);
    }
    return file;
  }

  /** A file of the corpus with one bit flipped. */
  byte[] flipped(long number) {
    execution = number;
    drawn = 0;
    byte[] file = corpus.get(below(corpus.size())).clone();
    file[below(file.length)] ^= (byte) (1 << below(8));
    return file;
  }

  private byte[] changed(byte[] file) {
    if (file.length == 0) {
      return new byte[] {(byte) below(256)};
    }
    int at = below(file.length);
    switch (below(9)) {
      case 0 -> file[at] ^= (byte) (1 << below(8));
      case 1 -> file[at] = (byte) below(256);
      case 2 -> file[at] = (byte) BYTES[below(BYTES.length)];
      case 3 -> number(file, at);
      case 4 -> {
        return Arrays.copyOf(file, at);
      }
      case 5 -> {
        return spliced(
            file, at, Arrays.copyOfRange(file, at, Math.min(file.length, at + 1 + below(64))));
      }
      case 6 -> {
        byte[] other = corpus.get(below(corpus.size()));
        int from = below(other.length);
        return spliced(
            file,
            at,
            Arrays.copyOfRange(other, from, Math.min(other.length, from + 1 + below(64))));
      }
      case 7 -> {
        int to = Math.min(file.length, at + 1 + below(16));
        byte[] shorter = Arrays.copyOf(file, file.length - (to - at));
        System.arraycopy(file, to, shorter, at, file.length - to);
        return shorter;
      }
      default -> {
        return spliced(
            file,
            at,
            Long.toString(NUMBERS[below(NUMBERS.length)])
                .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      }
    }
    return file;
  }

  private void number(byte[] file, int at) {
    long value = NUMBERS[below(NUMBERS.length)];
    int length = 1 << (1 + below(3));
    boolean bigEndian = below(2) == 0;
    for (int i = 0; i < length && at + i < file.length; i++) {
      int shift = 8 * (bigEndian ? length - 1 - i : i);
      file[at + i] = (byte) (value >>> shift);
    }
  }

  private static byte[] spliced(byte[] file, int at, byte[] part) {
    byte[] longer = Arrays.copyOf(file, file.length + part.length);
    System.arraycopy(part, 0, longer, at, part.length);
    System.arraycopy(file, at, longer, at + part.length, file.length - at);
    return longer;
  }

  private int below(int bound) {
    if (drawn % 4 == 0) {
      words[0] = (int) execution;
      words[1] = (int) (execution >>> 32);
      words[2] = drawn / 4;
      words[3] = 7;
      Philox.block((int) seed, (int) (seed >>> 32), words);
    }
    return (int) Long.remainderUnsigned(words[drawn++ % 4] & 0xffffffffL, bound);
  }
}
