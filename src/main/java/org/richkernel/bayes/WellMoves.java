package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;

/**
 * Jumps of single neurons between the wells of a bounded activation, which Hamiltonian trajectories
 * seldom cross: a block of neurons gets proposals from a fixed {@link WellMixture}, and each is
 * accepted or not, one after the other, by the exact change of the potential ({@link NeuronSwaps}).
 *
 * <p>A block of b neurons costs a Cholesky factor and an inverse of A (4 P^3 / 3 flops), 4 b P^2
 * for the products and 16 b^3 / 3 on the host.
 */
final class WellMoves implements AutoCloseable {
  /** Largest dimension in which a search of wells from random starts is worth its time. */
  static final int MOST_DIMENSIONS = 6;

  private static final int STARTS = 600;
  private static final double SMALLEST_RADIUS = 0.3;
  private static final double LARGEST_RADIUS = 40;

  /** Rows of a block; more of them share an inverse but cost the host more each. */
  private static final int MOST_ROWS = 32;

  private final Backend backend;
  private final Activation activation;
  private final PosteriorParameters parameters;
  private final HiddenLayerPosterior posterior;
  private final Workspace memory;
  private final Matrix uniforms; // b x 2
  private final Matrix fields; // 2b x r: old, then new
  private final Matrix single; // phi of them, 2b x P, float32
  private final Matrix features; // the same, float64
  private final Matrix image; // Psi A^{-1}, 2b x P
  private final Matrix gram; // 2b x 2b
  private final Matrix fit; // 2b x K
  private final Matrix inverse; // A^{-1}

  /**
   * @param posterior of the populations that move
   */
  WellMoves(
      Backend backend,
      EnsembleLayout layout,
      PosteriorParameters parameters,
      HiddenLayerPosterior posterior) {
    this.backend = backend;
    activation = layout.network().activation();
    this.parameters = parameters;
    this.posterior = posterior;
    MemoryPlan plan = new MemoryPlan();
    plan(plan, layout.points(), layout.rank(), layout.outputs(), layout.options().samples());
    memory = new Workspace(backend, plan);
    uniforms = memory.get("uniforms of jumps");
    fields = memory.get("fields of jumps");
    single = memory.get("phi of jumps, single");
    features = memory.get("phi of jumps");
    image = memory.get("image of jumps");
    gram = memory.get("Gram of jumps");
    fit = memory.get("fit of jumps");
    inverse = memory.get("inverse for jumps");
  }

  /** Whether neurons of a network can have wells that are looked for. */
  static boolean apply(NetworkSpec network, int rank) {
    return network.hiddenLayers() == 1
        && network.activation().isBounded()
        && rank <= MOST_DIMENSIONS;
  }

  /** Adds the scratch of the moves to a plan. */
  static void plan(MemoryPlan plan, int points, int rank, int outputs, int samples) {
    int b = rows(samples);
    plan.add("uniforms of jumps", Precision.FLOAT32, b, 2)
        .add("fields of jumps", Precision.FLOAT32, 2 * b, rank)
        .add("phi of jumps, single", Precision.FLOAT32, 2 * b, points)
        .add("phi of jumps", Precision.FLOAT64, 2 * b, points)
        .add("image of jumps", Precision.FLOAT64, 2 * b, points)
        .add("Gram of jumps", Precision.FLOAT64, 2 * b, 2 * b)
        .add("fit of jumps", Precision.FLOAT64, 2 * b, outputs)
        .add("inverse for jumps", Precision.FLOAT64, points, points);
  }

  private static int rows(int samples) {
    return Math.min(MOST_ROWS, samples);
  }

  /**
   * Looks for wells at a fixed dual vector, from directions and distances at random and from fields
   * of the chains.
   *
   * @param dual v, row-major P x K
   * @param fields row-major n x r each
   * @param seed of the solve
   * @param run number of the solve; names the random stream
   */
  WellMixture search(double[] dual, List<float[]> fields, long seed, int run) {
    Matrix factor = posterior.factor(1);
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
    try (Matrix normals = backend.allocate(Precision.FLOAT32, STARTS, rank, "starts of a search");
        Matrix radii = backend.allocate(Precision.FLOAT32, STARTS, 1, "radii of a search")) {
      backend.fillGaussian(
          seed, RandomStreams.stream(RandomStreams.WELL_START, stream, 0), 0, normals);
      backend.fillUniform(
          seed, RandomStreams.stream(RandomStreams.WELL_START, stream + 1, 0), 0, radii);
      float[] direction = new float[STARTS * rank];
      float[] uniform = new float[STARTS];
      backend.download(normals, direction);
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
    }
    double gamma = parameters.gamma();
    double strength = gamma * gamma * parameters.readoutVariance();
    return WellMixture.of(rank, new WellSearch(activation, f, rank, dual, strength).from(starts));
  }

  private static double[] row(float[] values, int from, int length) {
    double[] row = new double[length];
    for (int i = 0; i < length; i++) {
      row[i] = values[from + i];
    }
    return row;
  }

  /**
   * Offers a jump to every neuron of a population, which must be consistent with its fields and is
   * so again afterwards.
   *
   * @param iteration counter of the random streams of the chain, used once
   * @return jumps that were accepted
   */
  int move(FieldPopulation population, WellMixture mixture, long seed, int chain, long iteration) {
    int samples = population.samples();
    int most = rows(samples);
    int accepted = 0;
    ReadoutDual readout = posterior.readout();
    readout.potential(population.kernel(), samples);
    for (int first = 0; first < samples; first += most) {
      int changed =
          move(population, first, Math.min(most, samples - first), mixture, seed, chain, iteration);
      if (changed > 0) {
        population.setPotential(readout.potential(population.kernel(), samples));
        backend.copy(readout.dual(), population.dual());
      }
      accepted += changed;
    }
    return accepted;
  }

  private int move(
      FieldPopulation population,
      int first,
      int b,
      WellMixture mixture,
      long seed,
      int chain,
      long iteration) {
    Matrix own = population.xi().rowRange(first, b);
    int rank = own.columns();
    float[] old = new float[b * rank];
    float[] next = new float[b * rank];
    float[] draws = new float[2 * b];
    propose(own, old, next, draws, mixture, seed, chain, iteration, first);
    NeuronSwaps swaps = swaps(b, population.samples());
    int accepted = 0;
    for (int i = 0; i < b; i++) {
      int at = i * rank;
      // The prior cancels: both densities of the proposal are relative to it.
      double logRatio =
          swaps.gain(i) + mixture.logRatioToPrior(old, at) - mixture.logRatioToPrior(next, at);
      if (Math.log(draws[2 * i + 1]) < logRatio) {
        swaps.accept(i);
        System.arraycopy(next, at, old, at, rank);
        accepted++;
      }
    }
    if (accepted > 0) {
      double weight = parameters.readoutVariance() / population.samples();
      Matrix kept = single.rowRange(0, b);
      backend.gram(-weight, kept, 1, population.kernel());
      backend.upload(old, own);
      forward(own, kept);
      backend.gram(weight, kept, 1, population.kernel());
    }
    return accepted;
  }

  /** Fields of a block, old and new, on the host and on the device. */
  private void propose(
      Matrix own,
      float[] old,
      float[] next,
      float[] draws,
      WellMixture mixture,
      long seed,
      int chain,
      long iteration,
      int first) {
    int b = own.rows();
    Matrix proposed = fields.rowRange(b, b);
    Matrix random = uniforms.rowRange(0, b);
    backend.download(own, old);
    backend.fillUniform(
        seed, RandomStreams.stream(RandomStreams.WELL_CHOICE, chain, iteration), first, random);
    backend.download(random, draws);
    backend.fillGaussian(
        seed, RandomStreams.stream(RandomStreams.WELL_FIELD, chain, iteration), first, proposed);
    backend.download(proposed, next);
    for (int i = 0; i < b; i++) {
      mixture.draw(draws[2 * i], next, i * own.columns());
    }
    backend.copy(own, fields.rowRange(0, b));
    backend.upload(next, proposed);
  }

  /** G and Psi v of the block in {@link #fields}; the readout holds the factor of A. */
  private NeuronSwaps swaps(int b, int samples) {
    ReadoutDual readout = posterior.readout();
    Matrix phi = features.rowRange(0, 2 * b);
    Matrix solved = image.rowRange(0, 2 * b);
    Matrix products = gram.view(0, 2 * b, 0, 2 * b);
    Matrix outputs = fit.rowRange(0, 2 * b);
    double weight = parameters.readoutVariance() / samples;
    forward(fields.rowRange(0, 2 * b), single.rowRange(0, 2 * b));
    backend.copy(single.rowRange(0, 2 * b), phi);
    readout.inverse(weight, inverse);
    backend.gemm(Transpose.NO, Transpose.NO, 1, phi, inverse, 0, solved);
    backend.gemm(Transpose.NO, Transpose.YES, 1, solved, phi, 0, products);
    backend.gemm(Transpose.NO, Transpose.NO, Math.sqrt(weight), phi, readout.dual(), 0, outputs);
    double[] g = new double[4 * b * b];
    double[] al = new double[2 * b * outputs.columns()];
    backend.download(products, g);
    backend.download(outputs, al);
    double gamma = readout.richness();
    return new NeuronSwaps(g, al, 0.5 * samples * gamma * gamma, parameters.determinant(samples));
  }

  private void forward(Matrix xi, Matrix phi) {
    backend.gemm(Transpose.NO, Transpose.YES, 1, xi, posterior.factor(1), 0, phi);
    backend.activate(activation, phi, phi);
  }

  @Override
  public void close() {
    memory.close();
  }
}
