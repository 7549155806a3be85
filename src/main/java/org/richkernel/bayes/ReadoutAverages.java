package org.richkernel.bayes;

import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.sampling.BatchMeans;
import org.richkernel.sampling.CountSketch;
import org.richkernel.sampling.MonteCarloSeries;
import org.richkernel.solver.SolverState;

/**
 * Running averages along a Markov chain of the dual vector v, of the largest share of a sample in
 * the fit, and of images under the kernel.
 */
final class ReadoutAverages {
  private final Backend backend;
  private final MarginalPosterior posterior;
  private final Matrix targets;
  private final BatchMeans duals;
  private final CountSketch sketch;
  private final BatchMeans images; // sketches of g Phi u
  private boolean following; // whether u is set
  private final MonteCarloSeries fit = new MonteCarloSeries();
  private final MonteCarloSeries square = new MonteCarloSeries();
  private final MonteCarloSeries largestShare = new MonteCarloSeries();
  private final MonteCarloSeries dimension = new MonteCarloSeries();

  /**
   * @param targets Y, P x K
   */
  ReadoutAverages(Backend backend, MarginalPosterior posterior, Matrix targets) {
    this.backend = backend;
    this.posterior = posterior;
    this.targets = targets;
    int length = Math.toIntExact(targets.size());
    duals = new BatchMeans(length, 1);
    sketch = new CountSketch(length);
    images = duals.mapped(sketch.to());
  }

  /** Adds the population after a sweep. */
  void measure(FieldPopulation population) {
    Matrix v = population.dual();
    double[] dual = new double[Math.toIntExact(v.size())];
    backend.download(v, dual);
    duals.add(dual);
    fit.add(backend.dot(targets, v));
    square.add(backend.dot(v, v));
    largestShare.add(posterior.largestShare(population));
    if (following) {
      images.add(sketch.of(posterior.kernelImage(population)));
    }
  }

  /** Adds the effective dimension of the population. */
  void measureDimension(FieldPopulation population) {
    dimension.add(posterior.effectiveDimension(population));
  }

  /**
   * Starts to measure g Phi u for the present u of the posterior, and v anew, so that both are
   * averaged over the same sweeps.
   */
  void followReference() {
    following = true;
    duals.clear();
  }

  /** v, P x K; since {@link #followReference} if that was called. */
  BatchMeans duals() {
    return duals;
  }

  /** {@link CountSketch} of g Phi u, since {@link #followReference}. */
  BatchMeans images() {
    return images;
  }

  /** tr Y^T v, one value per sweep. */
  MonteCarloSeries fit() {
    return fit;
  }

  /** tr v^T v. */
  MonteCarloSeries square() {
    return square;
  }

  /** Largest share of a single sample in the fit, see {@link MarginalPosterior#largestShare}. */
  MonteCarloSeries largestShare() {
    return largestShare;
  }

  /** tr g Phi (g Phi + kappa)^{-1}, one value for each {@link #measureDimension}. */
  MonteCarloSeries dimension() {
    return dimension;
  }

  /** Clears all measurements and the reference. */
  void clear() {
    duals.clear();
    images.clear();
    following = false;
    for (MonteCarloSeries series : List.of(fit, square, largestShare, dimension)) {
      series.clear();
    }
  }

  /** Adds all measurements to a checkpoint. */
  void save(SolverState state, String name) {
    state.put(name + "_following", following ? 1.0 : 0.0);
    images.save(state, name + "_images");
    duals.save(state, name + "_duals");
    state.put(name + "_dual_fit", fit.values());
    state.put(name + "_dual_square", square.values());
    state.put(name + "_largest_share", largestShare.values());
    state.put(name + "_dimension", dimension.values());
  }

  /** Restores a saved state. */
  void restore(SolverState state, String name) {
    following = state.number(name + "_following") != 0;
    images.restore(state, name + "_images");
    duals.restore(state, name + "_duals");
    fit.restore(state.doubles(name + "_dual_fit"));
    square.restore(state.doubles(name + "_dual_square"));
    largestShare.restore(state.doubles(name + "_largest_share"));
    dimension.restore(state.doubles(name + "_dimension"));
  }
}
