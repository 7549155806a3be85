package org.richkernel.sampling;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.richkernel.solver.SolverState;

/**
 * Mean of a vector along Markov chains that advance together, and the means of consecutive batches
 * of all chains, from which {@link SampledVector} takes its error. Batches are merged in pairs as
 * the chains grow, so there are at most {@value #MOST} of them and the memory is bounded.
 */
public final class BatchMeans {
  /** Most batches. */
  static final int MOST = 16;

  private final int size;
  private final List<double[]> batches = new ArrayList<>(); // sums
  private final int perTime;
  private long length;
  private double[] current;
  private long inCurrent;

  /**
   * @param size entries of the vector
   * @param chains vectors that belong to the same time
   */
  public BatchMeans(int size, int chains) {
    this.size = size;
    this.perTime = chains;
    this.length = chains;
    this.current = new double[size];
  }

  /** Takes the vector of one chain at one time. */
  public void add(double[] values) {
    for (int i = 0; i < size; i++) {
      current[i] += values[i];
    }
    if (++inCurrent < length) {
      return;
    }
    batches.add(current);
    current = new double[size];
    inCurrent = 0;
    if (batches.size() == MOST) {
      merge();
    }
  }

  private void merge() {
    List<double[]> pairs = new ArrayList<>();
    for (int b = 0; b < MOST; b += 2) {
      double[] sum = batches.get(b);
      double[] other = batches.get(b + 1);
      for (int i = 0; i < size; i++) {
        sum[i] += other[i];
      }
      pairs.add(sum);
    }
    batches.clear();
    batches.addAll(pairs);
    length *= 2;
  }

  /** Forgets everything. */
  public void clear() {
    length = perTime;
    batches.clear();
    current = new double[size];
    inCurrent = 0;
  }

  /** Vectors taken so far. */
  public long count() {
    return batches.size() * length + inCurrent;
  }

  /** Number of whole batches. */
  public int batches() {
    return batches.size();
  }

  /** Mean of a whole batch, b from 0 in the order of time. */
  public double[] batch(int b) {
    double[] mean = batches.get(b).clone();
    for (int i = 0; i < size; i++) {
      mean[i] /= length;
    }
    return mean;
  }

  /** The mean; NaN before the first vector. */
  public double[] mean() {
    double[] mean = current.clone();
    for (double[] batch : batches) {
      for (int i = 0; i < size; i++) {
        mean[i] += batch[i];
      }
    }
    for (int i = 0; i < size; i++) {
      mean[i] /= count();
    }
    return mean;
  }

  /**
   * The same of another vector that is linear in this one.
   *
   * @param mapped entries of the other vector
   * @param linear maps sums of this vector to those of the other, one by one
   */
  public BatchMeans map(int mapped, UnaryOperator<List<double[]>> linear) {
    List<double[]> sums = new ArrayList<>(batches);
    sums.add(current);
    List<double[]> others = linear.apply(sums);
    BatchMeans other = new BatchMeans(mapped, perTime);
    other.batches.addAll(others.subList(0, batches.size()));
    other.current = others.get(batches.size());
    other.length = length;
    other.inCurrent = inCurrent;
    return other;
  }

  /** Adds this to a checkpoint under a name. */
  public void save(SolverState state, String name) {
    state.put(name + "_batches", (double) batches.size(), length, inCurrent);
    state.put(name + "_current", current.clone());
    for (int b = 0; b < batches.size(); b++) {
      state.put(name + "_batch_" + b, batches.get(b).clone());
    }
  }

  /** Restores the state that {@link #save} put into a checkpoint. */
  public void restore(SolverState state, String name) {
    double[] numbers = state.doubles(name + "_batches");
    length = (long) numbers[1];
    inCurrent = (long) numbers[2];
    current = state.doubles(name + "_current").clone();
    batches.clear();
    for (int b = 0; b < (int) numbers[0]; b++) {
      batches.add(state.doubles(name + "_batch_" + b).clone());
    }
  }

  /** Bytes on the heap for a vector of this size. */
  public static long bytes(long size) {
    return (MOST + 2) * size * Double.BYTES;
  }
}
