package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;

/**
 * Search for the wells of a single neuron of a bounded activation at a fixed dual vector ({@link
 * WellSearch}), from random directions and distances and from fields of neurons ("Sampling the
 * saddle and certifying it", section 3). It may miss wells.
 */
public final class WellFinder {
  /** Largest dimension of a search from random starts. */
  public static final int MOST_DIMENSIONS = 6;

  private static final int STARTS = 600;
  private static final double SMALLEST_RADIUS = 0.3;
  private static final double LARGEST_RADIUS = 40;

  private final Backend backend;
  private final Activation activation;
  private final Matrix factor;
  private final double strength;
  private final Matrix directions; // starts x r
  private final Matrix radii; // starts x 1

  /**
   * @param memory with the matrices of {@link #plan}
   * @param factor F, P x r
   * @param strength gamma^2 g
   */
  public WellFinder(
      Backend backend, Workspace memory, Activation activation, Matrix factor, double strength) {
    this.backend = backend;
    this.activation = activation;
    this.factor = factor;
    this.strength = strength;
    directions = memory.get("directions of a search");
    radii = memory.get("radii of a search");
  }

  /** Whether neurons of a network can have wells and the search applies. */
  public static boolean applies(NetworkSpec network, int rank) {
    return network.hiddenLayers() == 1
        && network.activation().isBounded()
        && network.activation().isOdd()
        && rank <= MOST_DIMENSIONS;
  }

  /** Adds the random starts to a plan. */
  public static void plan(MemoryPlan plan, int rank) {
    plan.add("directions of a search", Precision.FLOAT32, STARTS, rank)
        .add("radii of a search", Precision.FLOAT32, STARTS, 1);
  }

  /**
   * The proposal from the wells at a dual vector.
   *
   * @param dual v, row-major P x K
   * @param fields whitened fields of neurons, row-major n x r each; at least one
   * @param purpose of the random streams, see {@link RandomStreams}
   * @param run part of the key of the two random streams
   */
  public WellMixture find(double[] dual, List<float[]> fields, long seed, int purpose, int run) {
    int rank = factor.columns();
    double[] f = new double[factor.rows() * rank];
    backend.download(factor, f);
    int inhabited = Math.max(1, STARTS / 2 / fields.size());
    List<double[]> starts = new ArrayList<>();
    for (float[] chain : fields) {
      int rows = chain.length / rank;
      for (int i = 0; i < Math.min(rows, inhabited); i++) {
        starts.add(row(chain, i * rank, rank));
      }
    }
    int stream = run * 2;
    backend.fillGaussian(seed, RandomStreams.stream(purpose, stream, 0), 0, directions);
    backend.fillUniform(seed, RandomStreams.stream(purpose, stream + 1, 0), 0, radii);
    float[] direction = new float[STARTS * rank];
    float[] uniform = new float[STARTS];
    backend.download(directions, direction);
    backend.download(radii, uniform);
    for (int i = 0; i < STARTS; i++) {
      double[] start = row(direction, i * rank, rank);
      double square = 0;
      for (double x : start) {
        square += x * x;
      }
      double radius = SMALLEST_RADIUS * Math.pow(LARGEST_RADIUS / SMALLEST_RADIUS, uniform[i]);
      for (int j = 0; j < rank; j++) {
        start[j] *= radius / Math.sqrt(square);
      }
      starts.add(start);
    }
    return WellMixture.of(rank, new WellSearch(activation, f, rank, dual, strength).from(starts));
  }

  private static double[] row(float[] values, int from, int length) {
    double[] row = new double[length];
    for (int i = 0; i < length; i++) {
      row[i] = values[from + i];
    }
    return row;
  }
}
