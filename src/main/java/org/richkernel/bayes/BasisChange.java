package org.richkernel.bayes;

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
  private final int from; // r
  private final int to; // r'
  private final int width; // D, or D + 1 with biases
  private final double[] seen; // W^T W', r x r'
  private final double[] unseen; // (1 - W W^T) W', width x r'

  /**
   * @param projector W, row-major width x r
   * @param rank r
   * @param input of the other inputs, of the same width
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
