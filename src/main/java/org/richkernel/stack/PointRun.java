package org.richkernel.stack;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.group.BlockShares.Node;
import org.richkernel.network.NetworkSpec;

/**
 * Consecutive blocks of points on one device, with the arrays that have a row for each point:
 * inputs, activations, targets and dual vector. Blocks are named by their index among all.
 */
public final class PointRun {
  private final Backend backend;
  private final Workspace memory;
  private final Extent extent;
  private final PointRows rows;
  private final List<Matrix> targets; // Y by blocks, float64
  private final List<Matrix> targetsSingle;
  private final List<Matrix> fitted; // phi^T w, float32
  private final List<Matrix> dual; // v, float64
  private final List<Matrix> dualSingle;
  private final List<Matrix> reference; // any vectors, float32

  /**
   * Range of blocks.
   *
   * @param blocks of all points
   * @param first block
   * @param end the block after the last
   */
  public record Extent(PointBlocks blocks, int first, int end) {
    /** Index of the first point among all. */
    public int firstPoint() {
      return blocks.first(first);
    }

    /** Number of points. */
    public int points() {
      return blocks.first(end) - firstPoint();
    }

    /** Number of blocks. */
    int count() {
      return end - first;
    }

    /** Whether these are all blocks. */
    boolean isWhole() {
      return first == 0 && end == blocks.count();
    }

    /** First row of a block in matrices of this run. */
    int row(int block) {
      return blocks.first(block) - firstPoint();
    }

    /** Rows of a block of a matrix of this run. */
    Matrix of(Matrix matrix, int block) {
      return matrix.rowRange(row(block), blocks.rows(block));
    }

    /** Rows of this run in an array with a row for every point. */
    public double[] of(double[] values) {
      int width = values.length / blocks.points();
      return isWhole() ? values : Arrays.copyOfRange(values, start(width), end(width));
    }

    /** The same in float32. */
    public float[] of(float[] values) {
      int width = values.length / blocks.points();
      return isWhole() ? values : Arrays.copyOfRange(values, start(width), end(width));
    }

    private int start(int width) {
      return firstPoint() * width;
    }

    private int end(int width) {
      return start(width) + points() * width;
    }

    /** Largest number of partial sums held at once. */
    int sums() {
      List<Node> nodes = new ArrayList<>();
      int most = 0;
      for (int block = first; block < end; block++) {
        nodes.add(new Node(block, 1));
        most = Math.max(most, nodes.size());
        merge(nodes, () -> {});
      }
      return most;
    }

    /** Number of partial sums left at the end. */
    int nodes() {
      List<Node> nodes = new ArrayList<>();
      for (int block = first; block < end; block++) {
        nodes.add(new Node(block, 1));
        merge(nodes, () -> {});
      }
      return nodes.size();
    }

    /** Replaces pairs of nodes at the end of a list by their parents. */
    static void merge(List<Node> nodes, Runnable addition) {
      int last = nodes.size() - 1;
      while (last > 0 && nodes.get(last - 1).isLeftOf(nodes.get(last))) {
        nodes.remove(last);
        nodes.set(--last, nodes.get(last).parent());
        addition.run();
      }
    }
  }

  /**
   * @param memory with the matrices of {@link #plan}, with the inputs F in it
   * @param y targets of all points, row-major P x K
   */
  public PointRun(
      Backend backend,
      NetworkSpec network,
      FieldShape shape,
      Workspace memory,
      Extent extent,
      double[] y) {
    this.backend = backend;
    this.memory = memory;
    this.extent = extent;
    rows = new PointRows(backend, network, shape, memory, extent);
    targets = blocks("Y");
    targetsSingle = blocks("Y, single");
    fitted = blocks("fit");
    dual = blocks("dual");
    dualSingle = blocks("dual, single");
    reference = blocks("reference");
    backend.upload(extent.of(y), memory.get("Y"));
    backend.upload(extent.of(y), memory.get("Y, single"));
  }

  private List<Matrix> blocks(String label) {
    List<Matrix> views = new ArrayList<>();
    for (int block = extent.first; block < extent.end; block++) {
      views.add(extent.of(memory.get(label), block));
    }
    return List.copyOf(views);
  }

  /**
   * Adds the matrices of a run to a plan.
   *
   * @param shape of the fields
   * @param outputs K
   * @param samples S, the largest
   * @param rows largest number of samples that move
   */
  public static void plan(
      MemoryPlan plan, FieldShape shape, Extent extent, int outputs, int samples, int rows) {
    int points = extent.points();
    plan.add("Y", Precision.FLOAT64, points, outputs)
        .add("Y, single", Precision.FLOAT32, points, outputs)
        .add("fit", Precision.FLOAT32, points, outputs)
        .add("dual", Precision.FLOAT64, points, outputs)
        .add("dual, single", Precision.FLOAT32, points, outputs)
        .add("reference", Precision.FLOAT32, points, outputs);
    PointRows.plan(plan, shape, extent, samples, rows);
    if (extent.blocks.count() > 1) {
      long gram = (long) samples * (samples + outputs);
      long image = (long) shape.widest(samples) * outputs;
      long gradient = (long) rows * shape.width(samples);
      // a longer sum does not fit an array; its population is refused by its size
      int longest = (int) Math.min(Integer.MAX_VALUE, Math.max(gram, Math.max(image, gradient)));
      plan.add("partial sums", Precision.FLOAT64, extent.sums(), longest);
    }
  }

  Backend backend() {
    return backend;
  }

  Extent extent() {
    return extent;
  }

  /** Fields of the run's points. */
  public PointRows rows() {
    return rows;
  }

  private Matrix of(List<Matrix> views, int block) {
    return views.get(block - extent.first);
  }

  /** Y of a block, float32. */
  Matrix targetsSingle(int block) {
    return of(targetsSingle, block);
  }

  /** v of a block after {@link #roundDual}, float32; scratch otherwise. */
  Matrix dualSingle(int block) {
    return of(dualSingle, block);
  }

  /** Rounds v of a block to float32. */
  void roundDual(int block) {
    backend.copy(of(dual, block), of(dualSingle, block));
  }

  /** Reference vectors u of a block, float32. */
  Matrix reference(int block) {
    return of(reference, block);
  }

  /** v of all points of the run, float64. */
  Matrix dual() {
    return memory.get("dual");
  }

  /** {@link #dualSingle(int)} of all points of the run. */
  Matrix dualSingle() {
    return memory.get("dual, single");
  }

  /** {@link #reference(int)} of all points of the run. */
  Matrix reference() {
    return memory.get("reference");
  }

  /** w of S samples, S x K, float32. */
  Matrix weights(int samples) {
    return memory.get(SampleReadout.WEIGHTS + SampleReadout.of(samples));
  }

  /** M^{-1} of S samples, S x S, float32. */
  Matrix inverse(int samples) {
    return memory.get(SampleReadout.INVERSE + SampleReadout.of(samples));
  }

  /** Position, momentum and gradient of the samples that move. */
  MovingFields fields(int count, int[] widths) {
    return MovingFields.of(memory, count, widths);
  }

  /** A row of partial sums. */
  Matrix sums(int row) {
    return memory.get("partial sums").rowRange(row, 1);
  }

  /** fit = phi^T w of a block. */
  private Matrix fit(int block, int samples) {
    Matrix phi = rows.phi(rows.layers(), samples, block);
    Matrix fit = of(fitted, block);
    backend.gemm(Transpose.NO, Transpose.NO, 1, phi, weights(samples), 0, fit);
    return fit;
  }

  /**
   * v = (Y - phi^T w) / kappa of a block.
   *
   * @param square receives |v|^2, 1 x 1, float64
   */
  void solve(int block, int samples, double noise, Matrix square) {
    Matrix v = of(dual, block);
    backend.copy(fit(block, samples), v);
    backend.scale(-1 / noise, v);
    backend.axpy(1 / noise, of(targets, block), v);
    backend.dot(1, v, v, 0, square);
  }

  /** v = phi^T w of a block. */
  void combine(int block, int samples) {
    backend.copy(fit(block, samples), of(dual, block));
  }
}
