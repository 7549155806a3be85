package org.richkernel.bayes;

import java.util.List;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.stack.PosteriorParameters;
import org.richkernel.stack.PrimalReadout;

/**
 * Jumps of single neurons between the wells of a bounded activation, whose barriers Hamiltonian
 * trajectories seldom cross. A block of neurons gets proposals from a fixed {@link WellMixture};
 * each is accepted or rejected in turn by the exact change of the potential ({@link NeuronSwaps}).
 *
 * <p>A block of b neurons costs a Cholesky factor and an inverse of A (4 P^3 / 3 flops), 4 b P^2
 * for the products and 16 b^3 / 3 on the host.
 */
final class WellMoves implements AutoCloseable {
  /** Rows of a block; more rows share an inverse but cost more on the host per row. */
  private static final int MOST_ROWS = 32;

  private final Backend backend;
  private final Activation activation;
  private final PosteriorParameters parameters;
  private final PrimalPosterior posterior;
  private final Workspace memory;
  private final WellFinder finder;
  private final WellProposals proposals;
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
      PrimalPosterior posterior) {
    this.backend = backend;
    activation = layout.network().activation();
    this.parameters = parameters;
    this.posterior = posterior;
    MemoryPlan plan = new MemoryPlan();
    plan(plan, layout.points(), layout.rank(), layout.outputs(), layout.options().samples());
    memory = new Workspace(backend, plan);
    double gamma = parameters.gamma();
    finder =
        new WellFinder(
            backend,
            memory,
            activation,
            posterior.inputFactor(),
            gamma * gamma * parameters.readoutVariance());
    proposals = new WellProposals(backend, memory);
    single = memory.get("phi of jumps, single");
    features = memory.get("phi of jumps");
    image = memory.get("image of jumps");
    gram = memory.get("Gram of jumps");
    fit = memory.get("fit of jumps");
    inverse = memory.get("inverse for jumps");
  }

  /** Adds the scratch of the moves to a plan. */
  static void plan(MemoryPlan plan, int points, int rank, int outputs, int samples) {
    int b = rows(samples);
    WellFinder.plan(plan, rank);
    WellProposals.plan(plan, b, rank);
    plan.add("phi of jumps, single", Precision.FLOAT32, 2 * b, points)
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
   * Searches wells at a fixed dual vector, from random directions and distances and from fields of
   * the chains.
   *
   * @param dual v, row-major P x K
   * @param fields row-major n x r each
   * @param seed of the solve
   * @param run index of the solve, part of the key of the random stream
   */
  WellMixture search(double[] dual, List<float[]> fields, long seed, int run) {
    return finder.find(dual, fields, seed, RandomStreams.WELL_START, run);
  }

  /**
   * Proposes a jump to every neuron of a population. The population must be up to date with its
   * fields, and is so afterwards.
   *
   * @param iteration counter of the random streams of the chain, used once
   * @return number of accepted jumps
   */
  int move(FieldPopulation population, WellMixture mixture, long seed, int chain, long iteration) {
    int samples = population.samples();
    int most = rows(samples);
    int accepted = 0;
    PrimalReadout readout = posterior.readout();
    posterior.solved(population.kernel(), samples);
    for (int first = 0; first < samples; first += most) {
      int changed =
          move(population, first, Math.min(most, samples - first), mixture, seed, chain, iteration);
      if (changed > 0) {
        population.setPotential(posterior.solved(population.kernel(), samples));
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
    WellProposals.Block block =
        proposals.propose(
            population.xi().rowRange(first, b),
            mixture,
            new WellProposals.Draw(
                seed,
                RandomStreams.stream(RandomStreams.WELL_CHOICE, chain, iteration),
                RandomStreams.stream(RandomStreams.WELL_FIELD, chain, iteration)),
            first);
    NeuronSwaps swaps = swaps(block.fields(), population.samples());
    int accepted = 0;
    for (int i = 0; i < b; i++) {
      if (block.decide(i, swaps.gain(i))) {
        swaps.accept(i);
        accepted++;
      }
    }
    if (accepted > 0) {
      double weight = parameters.readoutVariance() / population.samples();
      Matrix kept = single.rowRange(0, b);
      backend.gram(-weight, kept, 1, population.kernel());
      block.takeUp();
      forward(population.xi().rowRange(first, b), kept);
      backend.gram(weight, kept, 1, population.kernel());
    }
    return accepted;
  }

  /**
   * Computes G and Psi v of a block; the readout holds the factor of A.
   *
   * @param fields old, then new, 2b x r
   */
  private NeuronSwaps swaps(Matrix fields, int samples) {
    PrimalReadout readout = posterior.readout();
    int rows = fields.rows();
    Matrix phi = features.rowRange(0, rows);
    Matrix solved = image.rowRange(0, rows);
    Matrix products = gram.view(0, rows, 0, rows);
    Matrix outputs = fit.rowRange(0, rows);
    double weight = parameters.readoutVariance() / samples;
    forward(fields, single.rowRange(0, rows));
    backend.copy(single.rowRange(0, rows), phi);
    readout.inverse(weight, inverse);
    backend.gemm(Transpose.NO, Transpose.NO, 1, phi, inverse, 0, solved);
    backend.gemm(Transpose.NO, Transpose.YES, 1, solved, phi, 0, products);
    backend.gemm(Transpose.NO, Transpose.NO, Math.sqrt(weight), phi, readout.dual(), 0, outputs);
    double[] g = new double[rows * rows];
    double[] al = new double[rows * outputs.columns()];
    backend.download(products, g);
    backend.download(outputs, al);
    double gamma = readout.conditions().gamma();
    return new NeuronSwaps(g, al, 0.5 * samples * gamma * gamma, parameters.determinant(samples));
  }

  private void forward(Matrix xi, Matrix phi) {
    backend.gemm(Transpose.NO, Transpose.YES, 1, xi, posterior.inputFactor(), 0, phi);
    backend.activate(activation, phi, phi);
  }

  @Override
  public void close() {
    memory.close();
  }
}
