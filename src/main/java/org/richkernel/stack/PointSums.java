package org.richkernel.stack;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendThreads;
import org.richkernel.compute.Matrix;
import org.richkernel.group.BlockShares;
import org.richkernel.group.BlockShares.Node;
import org.richkernel.group.BlockSum;
import org.richkernel.group.RankGroup;

/**
 * Sums over all points: the runs of points on the devices of this process, and those of other
 * ranks. All work on points goes through this class.
 *
 * <p>A sum is taken block by block, and the blocks are added in float64 along the binary tree of
 * {@link BlockSum}, so its bits do not depend on the number of devices and ranks. The totals are
 * left on the first device; a single device with all points adds in place.
 *
 * <p>All ranks hold the same copies of every other array and make the same calls.
 */
public final class PointSums implements AutoCloseable {
  private final List<PointRun> runs;
  private final RankGroup group;
  private final BlockShares shares;
  private final PointBlocks blocks;
  private final BackendThreads threads;

  /**
   * Sums over the blocks of a rank.
   *
   * @param runs of this rank, in order
   * @param group whose ranks share the blocks, see {@link #shares}
   */
  public PointSums(List<PointRun> runs, RankGroup group) {
    this.runs = List.copyOf(runs);
    this.group = group;
    blocks = runs.get(0).extent().blocks();
    shares = shares(blocks, group);
    threads =
        new BackendThreads(
            "points", runs.stream().map(run -> Collections.singletonList(run.backend())).toList());
  }

  private static BlockShares shares(PointBlocks blocks, RankGroup group) {
    return new BlockShares(blocks.count(), group.size());
  }

  /**
   * Blocks of each device of this rank.
   *
   * @param devices of this rank, at most as many as it has blocks
   * @throws IllegalArgumentException if a device or a rank would hold no block
   */
  public static List<PointRun.Extent> extents(PointBlocks blocks, RankGroup group, int devices) {
    BlockShares ranks = shares(blocks, group);
    int first = ranks.first(group.rank());
    BlockShares own = new BlockShares(ranks.first(group.rank() + 1) - first, devices);
    List<PointRun.Extent> extents = new ArrayList<>();
    for (int d = 0; d < devices; d++) {
      extents.add(new PointRun.Extent(blocks, first + own.first(d), first + own.first(d + 1)));
    }
    return extents;
  }

  /** The runs of this rank, the first on the first device. */
  List<PointRun> runs() {
    return runs;
  }

  /** All blocks of points. */
  PointBlocks blocks() {
    return blocks;
  }

  /** Whether one device holds all points. */
  public boolean areLocal() {
    return runs.size() == 1 && group.size() == 1;
  }

  /** Runs work on every device, in parallel. */
  private void onRuns(IntConsumer work) {
    threads.run(work);
  }

  /** Work on a block of points. */
  @FunctionalInterface
  interface BlockWork {
    void accept(PointRun run, int block);
  }

  /** Runs work on every block of this rank. */
  void forEach(BlockWork work) {
    onRuns(
        i -> {
          PointRun run = runs.get(i);
          for (int block = run.extent().first(); block < run.extent().end(); block++) {
            work.accept(run, block);
          }
        });
  }

  /** Runs work with products in plain float32 on all devices. */
  public void exactly(Runnable work) {
    Runnable all = work;
    for (PointRun run : runs) {
      Backend backend = run.backend();
      Runnable inner = all;
      all = () -> backend.exactly(inner);
    }
    all.run();
  }

  /**
   * Copies a matrix from the first device to all others.
   *
   * @param shared the matrix of a run, float32
   */
  void share(Function<PointRun, Matrix> shared) {
    if (runs.size() == 1) {
      return;
    }
    Matrix source = shared.apply(runs.get(0));
    float[] values = new float[Math.toIntExact(source.size())];
    runs.get(0).backend().download(source, values);
    for (PointRun run : runs.subList(1, runs.size())) {
      run.backend().upload(values, shared.apply(run));
    }
  }

  /**
   * Collects the rows of all points.
   *
   * @param part rows of a run
   * @param target of all points, on the first device
   */
  public void collect(Function<PointRun, Matrix> part, Matrix target) {
    Backend first = runs.get(0).backend();
    if (areLocal()) {
      first.copy(part.apply(runs.get(0)), target);
      return;
    }
    first.upload(collect(part), target);
  }

  /** The same into an array, row-major. */
  double[] collect(Function<PointRun, Matrix> part) {
    int columns = part.apply(runs.get(0)).columns();
    double[] values = new double[Math.multiplyExact(blocks.points(), columns)];
    for (PointRun run : runs) {
      Matrix rows = part.apply(run);
      double[] own = new double[Math.toIntExact(rows.size())];
      run.backend().download(rows, own);
      System.arraycopy(own, 0, values, run.extent().firstPoint() * columns, own.length);
    }
    int[] bounds = new int[group.size() + 1];
    for (int r = 0; r <= group.size(); r++) {
      bounds[r] = blocks.first(shares.first(r)) * columns;
    }
    group.gather(values, bounds);
    return values;
  }

  /** Copies to every run its rows of a matrix of all points. */
  void spread(Matrix source, Function<PointRun, Matrix> part) {
    Backend first = runs.get(0).backend();
    if (areLocal()) {
      first.copy(source, part.apply(runs.get(0)));
      return;
    }
    double[] values = new double[Math.toIntExact(source.size())];
    first.download(source, values);
    spread(values, part);
  }

  /** Copies to every run its rows of an array of all points, row-major. */
  void spread(double[] values, Function<PointRun, Matrix> part) {
    for (PointRun run : runs) {
      run.backend().upload(run.extent().of(values), part.apply(run));
    }
  }

  /**
   * A sum that is computed many times.
   *
   * @param targets receive the sum, on the first device
   */
  Total total(Matrix... targets) {
    return new Total(List.of(targets));
  }

  @Override
  public void close() {
    threads.close();
  }

  /** Contribution of a block to a sum. */
  @FunctionalInterface
  interface Part {
    /**
     * Computes the contribution.
     *
     * @param into receives it, float64; the targets themselves for one block
     */
    void fill(PointRun run, int block, List<Matrix> into);
  }

  /** A sum over all blocks of points. */
  final class Total {
    private final List<Matrix> targets;
    private final int length;
    private final List<List<Level>> levels = new ArrayList<>(); // of each run
    private final List<List<Node>> nodes = new ArrayList<>(); // of each run
    private final BlockSum sum;
    private final double[] result;

    /** A partial sum as one row and as views in the shapes of the targets. */
    private record Level(Matrix row, List<Matrix> parts) {}

    private Total(List<Matrix> targets) {
      this.targets = targets;
      length = Math.toIntExact(targets.stream().mapToLong(Matrix::size).sum());
      sum = new BlockSum(length);
      result = new double[areLocal() ? 0 : length];
      for (PointRun run : runs) {
        List<Level> own = new ArrayList<>();
        for (int i = 0; blocks.count() > 1 && i < run.extent().sums(); i++) {
          own.add(level(run.sums(i)));
        }
        levels.add(own);
        nodes.add(new ArrayList<>());
      }
    }

    private Level level(Matrix storage) {
      List<Matrix> parts = new ArrayList<>();
      int at = 0;
      for (Matrix target : targets) {
        int size = Math.toIntExact(target.size());
        Matrix part = storage.view(0, 1, at, size);
        parts.add(part.reshaped(target.rows(), target.columns()));
        at += size;
      }
      return new Level(storage.view(0, 1, 0, length), parts);
    }

    /** Computes the sum. */
    void sum(Part part) {
      if (blocks.count() == 1) {
        part.fill(runs.get(0), 0, targets);
        return;
      }
      if (areLocal()) {
        add(0, part);
      } else {
        addAll(part);
      }
      Level total = levels.get(0).get(0);
      for (int i = 0; i < targets.size(); i++) {
        runs.get(0).backend().copy(total.parts.get(i), targets.get(i));
      }
    }

    /** Leaves the sums of a run over its nodes in the first levels. */
    private void add(int i, Part part) {
      PointRun run = runs.get(i);
      List<Level> own = levels.get(i);
      List<Node> found = nodes.get(i);
      found.clear();
      for (int block = run.extent().first(); block < run.extent().end(); block++) {
        part.fill(run, block, own.get(found.size()).parts);
        found.add(new Node(block, 1));
        PointRun.Extent.merge(
            found,
            () -> run.backend().axpy(1, own.get(found.size()).row, own.get(found.size() - 1).row));
      }
    }

    private void addAll(Part part) {
      List<List<double[]>> found = new ArrayList<>();
      for (PointRun run : runs) {
        List<double[]> own = new ArrayList<>();
        for (int i = 0; i < run.extent().nodes(); i++) {
          own.add(sum.next());
        }
        found.add(own);
      }
      onRuns(
          i -> {
            add(i, part);
            for (int n = 0; n < found.get(i).size(); n++) {
              runs.get(i).backend().download(levels.get(i).get(n).row, found.get(i).get(n));
            }
          });
      for (int i = 0; i < runs.size(); i++) {
        for (int n = 0; n < found.get(i).size(); n++) {
          sum.add(nodes.get(i).get(n), found.get(i).get(n));
        }
      }
      group.sum(shares, sum, result);
      runs.get(0).backend().upload(result, levels.get(0).get(0).row);
    }
  }
}
