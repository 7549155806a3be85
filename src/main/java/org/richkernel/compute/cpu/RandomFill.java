package org.richkernel.compute.cpu;

import org.richkernel.compute.Operands;
import org.richkernel.compute.Philox;

/**
 * Fills float32 matrices with random numbers. Number n of a sample comes from word n mod 4 of the
 * Philox block with key (seed) and counter (n / 4, sample, stream low, stream high).
 */
final class RandomFill implements Task {
  private static final int BATCH = 256;
  private static final int BLOCKS_PER_PIECE = 4096;

  private final WorkerTeam team;
  private final State[] states;
  private int key0;
  private int key1;
  private long stream;
  private long firstSample;
  private int firstBlock;
  private int skipped; // numbers of the first block of a row
  private boolean gaussian;
  private CpuMatrix target;

  RandomFill(WorkerTeam team) {
    this.team = team;
    this.states = new State[team.threads()];
    for (int i = 0; i < states.length; i++) {
      states[i] = new State();
    }
  }

  void gaussian(long seed, long streamName, long sample, int index, CpuMatrix matrix) {
    Operands.counters("fillGaussian", sample, index, matrix);
    start(seed, streamName, sample, index, matrix, true);
  }

  void uniform(long seed, long streamName, long sample, CpuMatrix matrix) {
    Operands.counters("fillUniform", sample, 0, matrix);
    start(seed, streamName, sample, 0, matrix, false);
  }

  private void start(
      long seed, long streamName, long sample, int index, CpuMatrix matrix, boolean normals) {
    key0 = (int) seed;
    key1 = (int) (seed >>> 32);
    stream = streamName;
    firstSample = sample;
    firstBlock = index / 4;
    skipped = index % 4;
    gaussian = normals;
    target = matrix;
    team.run(this);
  }

  /** Blocks of four numbers in a row. */
  private int blocksPerRow() {
    return (int) ((target.columns() + skipped + 3L) / 4);
  }

  @Override
  public int pieces() {
    long blocks = (long) target.rows() * blocksPerRow();
    return (int) ((blocks + BLOCKS_PER_PIECE - 1) / BLOCKS_PER_PIECE);
  }

  @Override
  public void run(int piece, Worker w) {
    long blocks = (long) target.rows() * blocksPerRow();
    long last = Math.min(blocks, (piece + 1L) * BLOCKS_PER_PIECE);
    State state = states[w.index];
    for (long first = (long) piece * BLOCKS_PER_PIECE; first < last; first += BATCH) {
      int n = (int) Math.min(BATCH, last - first);
      count(state, first, n);
      Philox.blocks(key0, key1, state.words, n);
      if (gaussian) {
        state.normals(n);
      } else {
        state.uniforms(n);
      }
      store(state, first, n);
    }
  }

  /** Sets the counters of n blocks, numbered row by row. */
  private void count(State state, long first, int n) {
    int perRow = blocksPerRow();
    long row = first / perRow;
    int block = (int) (first % perRow);
    long low = stream & 0xFFFFFFFFL;
    long high = stream >>> 32;
    for (int i = 0; i < n; i++) {
      state.words[0][i] = firstBlock + block;
      state.words[1][i] = firstSample + row;
      state.words[2][i] = low;
      state.words[3][i] = high;
      if (++block == perRow) {
        block = 0;
        row++;
      }
    }
  }

  /** Copies the numbers of n blocks to their rows; those of a row are cut at both ends. */
  private void store(State state, long first, int n) {
    int perRow = blocksPerRow();
    int row = (int) (first / perRow);
    int block = (int) (first % perRow);
    int done = 0;
    while (done < n) {
      int take = Math.min(n - done, perRow - block);
      int before = block == 0 ? skipped : 0;
      int column = 4 * block - skipped + before;
      int count = Math.min(4 * take - before, target.columns() - column);
      target.write(target.at(row, column), state.numbers, 4 * done + before, count);
      done += take;
      block = 0;
      row++;
    }
  }

  /** The arrays of one worker. */
  private static final class State {
    private final long[][] words = new long[8][BATCH];
    private final float[] exponent = new float[BATCH];
    private final float[] mantissa = new float[BATCH];
    private final float[] angle = new float[BATCH];
    private final float[] a = new float[BATCH];
    private final float[] b = new float[BATCH];
    private final float[] numbers = new float[4 * BATCH];

    /** Columns 4i, 4i+1 from words (0, 1) and 4i+2, 4i+3 from words (2, 3). */
    void normals(int n) {
      pairs(words[0], words[1], n, 0);
      pairs(words[2], words[3], n, 2);
    }

    private void pairs(long[] even, long[] odd, int n, int at) {
      BoxMuller.split(even, odd, n, exponent, mantissa, angle, a, b);
      BoxMuller.radius(exponent, mantissa, n);
      BoxMuller.turn(exponent, angle, a, b, n);
      for (int i = 0; i < n; i++) {
        numbers[4 * i + at] = a[i];
        numbers[4 * i + at + 1] = b[i];
      }
    }

    void uniforms(int n) {
      for (int i = 0; i < n; i++) {
        numbers[4 * i] = BoxMuller.uniform(words[0][i]);
        numbers[4 * i + 1] = BoxMuller.uniform(words[1][i]);
        numbers[4 * i + 2] = BoxMuller.uniform(words[2][i]);
        numbers[4 * i + 3] = BoxMuller.uniform(words[3][i]);
      }
    }
  }
}
