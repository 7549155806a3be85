package org.richkernel.compute.cpu;

import static org.bytedeco.openblas.global.openblas_full.CblasLower;
import static org.bytedeco.openblas.global.openblas_full.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_full.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_full.CblasTrans;
import static org.bytedeco.openblas.global.openblas_full.cblas_sgemm;
import static org.bytedeco.openblas.global.openblas_full.cblas_ssyrk;

import java.util.Arrays;
import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;

/**
 * Gram matrices of float32 fields in float64. The result is cut into tiles and, where it is small,
 * the samples into chunks; a piece is one tile over one chunk. It goes through its samples in
 * panels: a float32 product by BLAS, of one triangle on the diagonal, added to a float64 tile. The
 * chunks are added in order. Tiles, chunks and panels follow from the shapes alone, so the numbers
 * do not depend on the threads.
 */
final class GramProducts {
  /** Samples of one float32 product. */
  static final int PANEL = 1024;

  /**
   * Most multiplications of a product that OpenBLAS does without packing its operands first, where
   * it has kernels for that (AVX-512): thin tiles gain by half.
   */
  private static final int UNPACKED = 1_000_000;

  /** Fewer samples than this are not worth a call without packing. */
  private static final int LEAST_STRIP = 64;

  /** Samples of one call that packs its operands: as many as the second cache holds. */
  private static final int PACKED = 512;

  private static final int EDGE = 512;
  private static final int FEWEST_DOWN = 3;
  private static final int LEAST_EDGE = 32;
  private static final int MOST_CHUNKS = 32;
  private static final int PIECES_WANTED = 32;
  private static final long MOST_PARTIAL_BYTES = 32L << 20;

  private final WorkerTeam team;
  private final CpuMemory memory;
  private final Mirror mirror;
  private final Tiles tiles = new Tiles();
  private final Sum sum = new Sum();
  private final double[][] accumulators;
  private final float[][] products;
  private NativeBlock scratch;
  private int largestTile;
  private NativeBlock partial;

  GramProducts(WorkerTeam team, CpuMemory memory, Mirror mirror) {
    this.team = team;
    this.memory = memory;
    this.mirror = mirror;
    this.accumulators = new double[team.threads()][];
    this.products = new float[team.threads()][];
  }

  /** The lower triangle of alpha A^T B + beta C, and its mirror image above the diagonal. */
  void mirrored(
      String operation, double alpha, CpuMatrix a, CpuMatrix b, double beta, CpuMatrix c) {
    Operands.gram(operation, a, b, c);
    Operands.square(operation, c);
    run(alpha, a, b, beta, c, true);
    mirror.lowerToUpper(c);
  }

  void crossGram(double alpha, CpuMatrix a, CpuMatrix b, double beta, CpuMatrix c) {
    Operands.gram("crossGram", a, b, c);
    run(alpha, a, b, beta, c, false);
  }

  void close() {
    if (scratch != null) {
      memory.release(scratch);
    }
    if (partial != null) {
      memory.release(partial);
    }
  }

  private void run(
      double alpha, CpuMatrix a, CpuMatrix b, double beta, CpuMatrix c, boolean lowerOnly) {
    if (c.isEmpty()) {
      return;
    }
    tiles.a = a;
    tiles.b = b;
    tiles.shape(c.rows(), c.columns(), a.rows(), lowerOnly);
    reserveScratch();
    team.run(tiles);
    sum.alpha = alpha;
    sum.beta = beta;
    sum.c = c;
    sum.byRows(c);
    team.run(sum);
  }

  private void reserveScratch() {
    int tile = tiles.tileRows * tiles.tileColumns;
    if (tile > largestTile) {
      if (scratch != null) {
        memory.release(scratch);
        scratch = null;
        largestTile = 0;
      }
      scratch =
          memory.reserve(
              Precision.FLOAT32, (long) team.threads() * tile, "scratch of Gram products");
      for (int i = 0; i < team.threads(); i++) {
        accumulators[i] = new double[tile];
        products[i] = new float[tile];
      }
      largestTile = tile;
    }
    long needed = (long) tiles.chunks * tiles.rows * tiles.columns;
    if (partial == null || partial.bytes() < needed * Double.BYTES) {
      if (partial != null) {
        memory.release(partial);
        partial = null;
      }
      partial = memory.reserve(Precision.FLOAT64, needed, "partial sums of Gram products");
    }
  }

  private final class Tiles implements Task {
    private CpuMatrix a;
    private CpuMatrix b;
    private int rows;
    private int columns;
    private int tileRows;
    private int tileColumns;
    private int across;
    private int tileCount;
    private int chunks;
    private int panelsPerChunk;
    private boolean lowerOnly;

    void shape(int p, int q, int samples, boolean lower) {
      rows = p;
      columns = q;
      lowerOnly = lower;
      int down = (p + EDGE - 1) / EDGE;
      across = (q + EDGE - 1) / EDGE;
      if (lower && samples <= PANEL && down < FEWEST_DOWN && p >= FEWEST_DOWN * LEAST_EDGE) {
        // A single panel has no chunks to share out: smaller tiles occupy all workers.
        down = FEWEST_DOWN;
        across = FEWEST_DOWN;
      }
      tileRows = (p + down - 1) / down;
      tileColumns = (q + across - 1) / across;
      tileCount = down * across;
      int useful = lower ? (tileCount + down) / 2 : tileCount;
      int panels = (int) (((long) samples + PANEL - 1) / PANEL);
      long room = MOST_PARTIAL_BYTES / ((long) p * q * Double.BYTES);
      long wanted = Math.min(MOST_CHUNKS, (PIECES_WANTED + useful - 1) / useful);
      int most = (int) Math.max(1, Math.min(wanted, Math.min(room, panels)));
      panelsPerChunk = Math.max(1, (panels + most - 1) / most);
      chunks = Math.max(1, (panels + panelsPerChunk - 1) / panelsPerChunk);
    }

    @Override
    public int pieces() {
      return tileCount * chunks;
    }

    @Override
    public void run(int piece, Worker w) {
      int tile = piece % tileCount;
      int i = tile / across * tileRows;
      int j = tile % across * tileColumns;
      int m = Math.min(tileRows, rows - i);
      int n = Math.min(tileColumns, columns - j);
      if (m <= 0 || n <= 0 || (lowerOnly && j > i)) {
        return;
      }
      int chunk = piece / tileCount;
      long first = (long) chunk * panelsPerChunk * PANEL;
      long last = Math.min(a.rows(), first + (long) panelsPerChunk * PANEL);
      double[] total = accumulators[w.index];
      Arrays.fill(total, 0, m * n, 0.0);
      for (long s = first; s < last; s += PANEL) {
        addPanel(w, (int) s, (int) Math.min(PANEL, last - s), i, m, j, n, total);
      }
      for (int r = 0; r < m; r++) {
        long element = ((long) chunk * rows + i + r) * columns + j;
        partial.write(element, total, r * n, n);
      }
    }

    private void addPanel(Worker w, int s, int count, int i, int m, int j, int n, double[] total) {
      long element = (long) w.index * largestTile;
      long product = scratch.address() + element * Float.BYTES;
      int unpacked = unpacked(m, n);
      boolean packs = unpacked < LEAST_STRIP;
      boolean symmetric = packs && lowerOnly && i == j && a == b;
      int strip = packs ? PACKED : unpacked;
      for (int first = 0; first < count; first += strip) {
        int samples = Math.min(strip, count - first);
        float kept = first == 0 ? 0f : 1f;
        if (symmetric) {
          w.a.at(a, s + first, i);
          w.c.at(product);
          cblas_ssyrk(
              CblasRowMajor,
              CblasLower,
              CblasTrans,
              m,
              samples,
              1f,
              w.a,
              a.leading(),
              kept,
              w.c,
              n);
        } else {
          cblas_sgemm(
              CblasRowMajor,
              CblasTrans,
              CblasNoTrans,
              m,
              n,
              samples,
              1f,
              w.a.at(a, s + first, i),
              a.leading(),
              w.b.at(b, s + first, j),
              b.leading(),
              kept,
              w.c.at(product),
              n);
        }
      }
      float[] values = products[w.index];
      scratch.read(element, values, 0, m * n);
      add(values, total, m * n);
    }
  }

  /** Most samples, a multiple of 16, of a call that OpenBLAS does not pack. */
  private static int unpacked(int m, int n) {
    return UNPACKED / (m * n) / 16 * 16;
  }

  private static void add(float[] x, double[] y, int n) {
    for (int i = 0; i < n; i++) {
      y[i] += x[i];
    }
  }

  /** C = alpha (sum over chunks) + beta C; blocks above the diagonal are left to the mirror. */
  private final class Sum extends TiledTask {
    private double alpha;
    private double beta;
    private CpuMatrix c;

    @Override
    void tile(Worker w, int piece, int row, long column, int n) {
      int count = n;
      if (tiles.lowerOnly) {
        count = (int) Math.min(n, row + 1 - column);
        if (count <= 0) {
          return;
        }
      }
      partial.read(((long) row) * tiles.columns + column, w.d0, 0, count);
      for (int chunk = 1; chunk < tiles.chunks; chunk++) {
        partial.read(((long) chunk * tiles.rows + row) * tiles.columns + column, w.d1, 0, count);
        Loops.axpy(1.0, w.d1, w.d0, count);
      }
      Loops.scale(alpha, w.d0, count);
      if (beta != 0) {
        c.read(c.at(row, column), w.d1, count);
        Loops.axpy(beta, w.d1, w.d0, count);
      }
      c.write(c.at(row, column), w.d0, count);
    }
  }
}
