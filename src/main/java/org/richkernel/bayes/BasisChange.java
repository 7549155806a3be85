package org.richkernel.bayes;

import java.util.Arrays;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Workspace;

/**
 * First-layer fields in the basis of other training inputs. A sample has weights xi W^T in the span
 * of the first inputs and z (1 - W W^T), with z from the prior, orthogonal to it. Its fields in the
 * basis W' are the sum of both times W', so preactivations at inputs in the first span do not
 * change.
 */
final class BasisChange {
  /**
   * Bases whose overlaps are as close to the unit matrix as this differ by rounding alone; in units
   * of the share of a direction in the inputs, since small ones are the most uncertain.
   */
  private static final double ROUNDING = 1e-6;

  private final int from; // r
  private final int to; // r'
  private final int width; // D, or D + 1 with biases
  private final double[] seen; // W^T W', r x r'
  private final double[] unseen; // (1 - W W^T) W', width x r'
  private final double[] sizes; // of the directions W' in the other inputs, relative to the largest

  /**
   * @param projector W, row-major width x r
   * @param rank r
   * @param input of the other inputs, of the same width, with their points
   */
  BasisChange(double[] projector, int rank, InputFactor input) {
    double[] wanted = input.projector();
    from = rank;
    to = input.rank();
    width = projector.length / from;
    double[] transposed = new double[projector.length];
    for (int i = 0; i < projector.length; i++) {
      transposed[i % from * width + i / from] = projector[i];
    }
    seen = new double[from * to];
    addProduct(1, transposed, wanted, width, seen);
    unseen = wanted.clone();
    addProduct(-1, projector, seen, from, unseen);
    sizes = sizes(input);
  }

  private static double[] sizes(InputFactor input) {
    double[] sizes = new double[input.rank()];
    float[] factor = input.factor();
    for (int i = 0; i < factor.length; i++) {
      sizes[i % sizes.length] += (double) factor[i] * factor[i];
    }
    double largest = Arrays.stream(sizes).max().orElse(0);
    return Arrays.stream(sizes).map(square -> Math.sqrt(square / largest)).toArray();
  }

  /** Whether both bases are the same but for rounding, which depends on the threads of a run. */
  boolean isIdentity() {
    if (from != to) {
      return false;
    }
    for (int i = 0; i < seen.length; i++) {
      double unit = i / to == i % to ? 1 : 0;
      if (!(sizes[i % to] * Math.abs(seen[i] - unit) <= ROUNDING)) {
        return false;
      }
    }
    return true;
  }

  /** r', the rank of the other inputs. */
  int rank() {
    return to;
  }

  /**
   * The fields of a population in the other basis; those of the layers above the first are copied.
   *
   * @param fields row-major, a row for each sample
   * @param chain selects the random numbers
   */
  float[] of(Backend backend, long seed, int chain, float[] fields, int samples) {
    int columns = fields.length / samples;
    double[] old = new double[samples * from];
    for (int i = 0; i < old.length; i++) {
      old[i] = fields[i / from * columns + i % from];
    }
    double[] moved = new double[samples * to];
    addProduct(1, old, seen, from, moved);
    addProduct(1, normals(backend, seed, chain, samples), unseen, width, moved);
    int above = columns - from;
    float[] all = new float[Math.multiplyExact(samples, to + above)];
    for (int s = 0; s < samples; s++) {
      for (int k = 0; k < to; k++) {
        all[s * (to + above) + k] = (float) moved[s * to + k];
      }
      System.arraycopy(fields, s * columns + from, all, s * (to + above) + to, above);
    }
    return all;
  }

  /** z, row-major samples x width. */
  private double[] normals(Backend backend, long seed, int chain, int samples) {
    float[] drawn = new float[samples * width];
    MemoryPlan plan = new MemoryPlan().add("unseen weights", Precision.FLOAT32, samples, width);
    try (Workspace memory = new Workspace(backend, plan)) {
      Matrix z = memory.get("unseen weights");
      long stream = RandomStreams.stream(RandomStreams.UNSEEN_WEIGHTS, chain, 0);
      backend.fillGaussian(seed, stream, 0, z);
      backend.download(z, drawn);
    }
    double[] values = new double[drawn.length];
    for (int i = 0; i < drawn.length; i++) {
      values[i] = drawn[i];
    }
    return values;
  }

  /** c + factor a b, with a of n x inner and b of inner x m. */
  private static void addProduct(double factor, double[] a, double[] b, int inner, double[] c) {
    int columns = b.length / inner;
    for (int i = 0; i < a.length; i++) {
      double value = factor * a[i];
      int row = i % inner * columns;
      int target = i / inner * columns;
      for (int j = 0; j < columns; j++) {
        c[target + j] += value * b[row + j];
      }
    }
  }
}
