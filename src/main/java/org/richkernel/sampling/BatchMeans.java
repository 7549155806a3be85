package org.richkernel.sampling;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.richkernel.solver.SolverState;

/**
 * Mean of a vector along Markov chains that advance together, and the means of consecutive batches
 * of all chains, from which {@link SampledVector} takes its error. Batches are merged in pairs as
 * the chains grow, so there are at most {@value #MOST} of them, or {@value #MOST_OF_LONG} of long
 * vectors, and the memory is bounded.
 */
public final class BatchMeans {
  /** Most batches. */
  static final int MOST = 16;

  /** Most batches of vectors of more than {@value #LONG} entries. */
  private static final int MOST_OF_LONG = 8;

  private static final int LONG = 1 << 20;

  private final int size;
  private final List<double[]> batches = new ArrayList<>(); // sums
  private final int perTime;
  private final int most;
  private long length;
  private double[] current;
  private long inCurrent;

  /**
   * @param size entries of the vector
   * @param chains vectors that belong to the same time
   */
  public BatchMeans(int size, int chains) {
    this(size, chains, most(size));
  }

  private BatchMeans(int size, int chains, int most) {
    this.size = size;
    this.perTime = chains;
    this.most = most;
    this.length = chains;
    this.current = new double[size];
  }

  /** Takes the vector of one chain at one time. */
  public void add(double[] values) {
    addTo(current, values);
    if (++inCurrent < length) {
      return;
    }
    batches.add(current);
    current = new double[size];
    inCurrent = 0;
    if (batches.size() == most) {
      merge();
    }
  }

  private void merge() {
    List<double[]> pairs = new ArrayList<>();
    for (int b = 0; b < batches.size(); b += 2) {
      double[] sum = batches.get(b);
      addTo(sum, batches.get(b + 1));
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
      addTo(mean, batch);
    }
    for (int i = 0; i < size; i++) {
      mean[i] /= count();
    }
    return mean;
  }

  /** Means of another vector in batches of the same times, if it is taken at the same times. */
  public BatchMeans mapped(int size) {
    return new BatchMeans(size, perTime, most);
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
    BatchMeans other = mapped(mapped);
    other.batches.addAll(others.subList(0, batches.size()));
    other.current = others.get(batches.size());
    other.length = length;
    other.inCurrent = inCurrent;
    return other;
  }

  /**
   * Sum with a vector that was taken at the same times.
   *
   * @throws IllegalArgumentException if the times or lengths differ
   */
  public BatchMeans plus(BatchMeans other) {
    if (other.size != size
        || other.length != length
        || other.inCurrent != inCurrent
        || other.batches.size() != batches.size()) {
      throw new IllegalArgumentException("vectors of other times or lengths");
    }
    BatchMeans sum = map(size, sums -> sums.stream().map(double[]::clone).toList());
    addTo(sum.current, other.current);
    for (int b = 0; b < batches.size(); b++) {
      addTo(sum.batches.get(b), other.batches.get(b));
    }
    return sum;
  }

  private static void addTo(double[] sum, double[] values) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += values[i];
    }
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

  /** Most batches of a vector of some length. */
  public static int most(long size) {
    return size > LONG ? MOST_OF_LONG : MOST;
  }

  /** Bytes on the heap for a vector of this size. */
  public static long bytes(long size) {
    return (most(size) + 2) * size * Double.BYTES;
  }
}
