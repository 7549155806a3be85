package org.richkernel.compute.cpu;

import static org.bytedeco.openblas.global.openblas_full.cblas_saxpy;
import static org.bytedeco.openblas.global.openblas_full.cblas_scopy;
import static org.bytedeco.openblas.global.openblas_full.cblas_sdot;
import static org.bytedeco.openblas.global.openblas_full.cblas_sscal;

import java.util.concurrent.atomic.AtomicLong;
import org.richkernel.compute.Operands;
import org.richkernel.compute.WordBags;

/**
 * Descent on bags of words with the columns split over the workers. Columns meet in the inner
 * products alone: each worker adds its blocks of columns, all wait for each other once a batch, and
 * each then weighs all products and moves its own columns. Blocks have a fixed width and are added
 * in order, so the number of workers changes no bit.
 *
 * <p>Cost of a position with m contexts and T targets: about 2 (m + T) H multiply-adds and as many
 * rows through memory.
 */
final class BagDescent {
  private static final int BLOCK = 512;

  /** Fewer columns than this are not worth another worker's waiting. */
  private static final int LEAST_COLUMNS = 512;

  private static final int SPINS = 2_000;

  private final WorkerTeam team;
  private final Descent descent = new Descent();

  BagDescent(WorkerTeam team) {
    this.team = team;
  }

  void run(
      WordBags bags,
      int batch,
      double decay,
      CpuMatrix input,
      CpuMatrix output,
      CpuMatrix hidden,
      CpuMatrix pull,
      CpuMatrix losses) {
    Operands.bags(bags, batch, input, output, hidden, pull, losses);
    descent.begin(
        bags, Math.min(batch, Math.max(1, bags.size())), decay, input, output, hidden, pull);
    descent.losses = losses;
    if (bags.size() > 0) {
      team.run(descent);
    }
  }

  /** One piece for each worker; pieces wait for each other, so none may be taken up late. */
  private final class Descent implements Task {
    private final AtomicLong arrivals = new AtomicLong();
    private volatile boolean failed;
    private WordBags bags;
    private int batch;
    private double decay;
    private CpuMatrix input;
    private CpuMatrix output;
    private CpuMatrix hidden;
    private CpuMatrix pull;
    private CpuMatrix losses;
    private int workers;
    private int blocks;
    private int products;
    private double[] partials = new double[0];
    private BagWeights[] weights = new BagWeights[0];
    private double[][] sums = new double[0][];

    void begin(
        WordBags positions,
        int batchSize,
        double weightDecay,
        CpuMatrix a,
        CpuMatrix b,
        CpuMatrix h,
        CpuMatrix e) {
      bags = positions;
      batch = batchSize;
      decay = weightDecay;
      input = a;
      output = b;
      hidden = h;
      pull = e;
      int columns = a.columns();
      blocks = (columns + BLOCK - 1) / BLOCK;
      workers = Math.max(1, Math.min(team.threads(), columns / LEAST_COLUMNS));
      products = bags.mostTargets() + 1;
      arrivals.set(0);
      failed = false;
      int room = 2 * blocks * batch * products;
      if (partials.length < room) {
        partials = new double[room];
      }
      if (weights.length != workers
          || !weights[0].holds(batch, bags.mostTargets())
          || sums[0].length != products) {
        weights = new BagWeights[workers];
        sums = new double[workers][products];
        for (int i = 0; i < workers; i++) {
          weights[i] = new BagWeights(batch, bags.mostTargets());
        }
      }
    }

    @Override
    public int pieces() {
      return workers;
    }

    @Override
    public void run(int piece, Worker w) {
      try {
        int firstBlock = (int) ((long) piece * blocks / workers);
        int lastBlock = (int) ((long) (piece + 1) * blocks / workers);
        long round = 0;
        for (int first = 0; first < bags.size(); first += batch) {
          int count = Math.min(batch, bags.size() - first);
          int half = (int) (round & 1);
          for (int slot = 0; slot < count; slot++) {
            gather(w, first + slot, slot, half, firstBlock, lastBlock);
          }
          await(++round);
          weigh(w, piece, first, count, half);
          move(w, weights[piece], first, count, firstBlock, lastBlock);
        }
      } catch (RuntimeException | Error e) {
        failed = true;
        throw e;
      }
    }

    /** h = (1/m) sum_j A_cj, and its products with the targets over blocks of columns. */
    private void gather(Worker w, int position, int slot, int half, int firstBlock, int lastBlock) {
      int from = firstBlock * BLOCK;
      int n = Math.min(lastBlock * BLOCK, input.columns()) - from;
      w.c.at(hidden, slot, from);
      for (int j = 0; j < bags.contexts(position); j++) {
        float count = bags.contextCount(position, j);
        w.a.at(input, bags.context(position, j), from);
        if (j > 0) {
          cblas_saxpy(n, count, w.a, 1, w.c, 1);
        } else {
          cblas_scopy(n, w.a, 1, w.c, 1);
          if (count != 1) {
            cblas_sscal(n, count, w.c, 1);
          }
        }
      }
      cblas_sscal(n, 1f / bags.length(position), w.c, 1);
      boolean repeated = false;
      for (int t = 0; t < bags.targets(position); t++) {
        repeated |= bags.targetCount(position, t) > 1;
        int row = bags.target(position, t);
        for (int block = firstBlock; block < lastBlock; block++) {
          int column = block * BLOCK;
          int width = Math.min(BLOCK, input.columns() - column);
          partials[index(half, block, slot, t)] =
              cblas_sdot(width, w.a.at(hidden, slot, column), 1, w.b.at(output, row, column), 1);
        }
      }
      for (int block = firstBlock; block < lastBlock; block++) {
        int column = block * BLOCK;
        int width = Math.min(BLOCK, input.columns() - column);
        w.a.at(hidden, slot, column);
        partials[index(half, block, slot, products - 1)] =
            repeated ? cblas_sdot(width, w.a, 1, w.a, 1) : 0;
      }
    }

    private int index(int half, int block, int slot, int product) {
      return ((half * blocks + block) * batch + slot) * products + product;
    }

    /**
     * Every worker computes the weights of all positions, which is faster than to wait for others.
     */
    private void weigh(Worker w, int piece, int first, int count, int half) {
      double[] sum = sums[piece];
      for (int slot = 0; slot < count; slot++) {
        for (int product = 0; product < products; product++) {
          double s = 0;
          for (int block = 0; block < blocks; block++) {
            s += partials[index(half, block, slot, product)];
          }
          sum[product] = s;
        }
        weights[piece].set(bags, first + slot, slot, decay, sum);
        if (piece == 0) {
          w.d0[0] = weights[piece].loss(bags, first + slot, decay, sum);
          losses.write(losses.at(0, first + slot), w.d0, 1);
        }
      }
    }

    /** e of every position at the old rows, then the rows in the order of the positions. */
    private void move(
        Worker w, BagWeights by, int first, int count, int firstBlock, int lastBlock) {
      int from = firstBlock * BLOCK;
      int n = Math.min(lastBlock * BLOCK, input.columns()) - from;
      for (int slot = 0; slot < count; slot++) {
        w.c.at(pull, slot, from);
        cblas_scopy(n, w.a.at(hidden, slot, from), 1, w.c, 1);
        cblas_sscal(n, by.rest(slot), w.c, 1);
        for (int t = 0; t < bags.targets(first + slot); t++) {
          w.b.at(output, bags.target(first + slot, t), from);
          cblas_saxpy(n, by.pull(slot, t), w.b, 1, w.c, 1);
        }
      }
      for (int slot = 0; slot < count; slot++) {
        int position = first + slot;
        w.a.at(hidden, slot, from);
        for (int t = 0; t < bags.targets(position); t++) {
          w.b.at(output, bags.target(position, t), from);
          update(n, by.keep(slot, t), by.add(slot, t), w.a, w.b);
        }
        w.c.at(pull, slot, from);
        double rho = 1 - bags.rate(position) * decay;
        for (int j = 0; j < bags.contexts(position); j++) {
          double keep = 1;
          double add = 0;
          for (int k = 0; k < bags.contextCount(position, j); k++) {
            keep *= rho;
            add = rho * add + 1;
          }
          w.b.at(input, bags.context(position, j), from);
          update(n, (float) keep, (float) (add / bags.length(position)), w.c, w.b);
        }
      }
    }

    /** y = keep y + add x. */
    private static void update(int n, float keep, float add, Worker.Floats x, Worker.Floats y) {
      if (keep != 1) {
        cblas_sscal(n, keep, y, 1);
      }
      cblas_saxpy(n, add, x, 1, y, 1);
    }

    private void await(long round) {
      if (workers == 1) {
        return;
      }
      long all = round * workers;
      arrivals.incrementAndGet();
      int spins = 0;
      while (arrivals.get() < all) {
        if (failed) {
          throw new IllegalStateException("another worker failed");
        }
        if (++spins < SPINS) {
          Thread.onSpinWait();
        } else {
          Thread.yield();
        }
      }
    }
  }
}
