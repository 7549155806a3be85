package org.richkernel.stack;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;

/**
 * Potential V and dual vector v of samples whose readout weights are integrated out by {@link
 * SampleReadout}. V is the minimum of ridge regression on S features,
 *
 * <pre>  V = (S gamma^2 / 2) [ |Y - phi^T w|^2 / kappa + (S / g) |w|^2 ]
 *     + c [ (P - S) ln kappa + ln det(M g / S) ],
 *   v = (Y - phi^T w) / kappa,</pre>
 *
 * so an error of w enters V squared. The rows of a vector over points lie on the devices of their
 * points.
 */
public final class DualReadout {
  private final Backend backend;
  private final PointSums sums;
  private final PosteriorParameters parameters;
  private final Matrix potential;
  private final Matrix failures;
  private final PointSums.Total squares; // |v|^2
  private Conditions conditions; // of the parameters, or others during annealing
  private long nanos;

  /**
   * @param backend the device of the first points
   * @param potential receives V, 1 x 1, float64
   * @param failures counter of failed factorizations, 1 x 1, float64
   */
  public DualReadout(
      Backend backend,
      PointSums sums,
      PosteriorParameters parameters,
      Matrix potential,
      Matrix failures) {
    this.backend = backend;
    this.sums = sums;
    this.parameters = parameters;
    this.potential = potential;
    this.failures = failures;
    squares = sums.total(potential);
    conditions = parameters.conditions();
  }

  /**
   * Sets the richness and the noise of the next solves.
   *
   * @return whether they changed
   */
  public boolean setConditions(Conditions next) {
    boolean changed = !next.equals(conditions);
    conditions = next;
    return changed;
  }

  /** lambda = S kappa / g. */
  public double ridge(int samples) {
    return SampleReadout.ridge(parameters, conditions, samples);
  }

  /**
   * Computes G and b from phi of a layer of all samples.
   *
   * @param gram receives G, S x S, float64
   * @param image receives b, S x K, float64
   */
  public void sum(int layer, Matrix gram, Matrix image) {
    int samples = gram.rows();
    sums.total(gram, image)
        .sum(
            (run, block, into) -> {
              Matrix phi = run.rows().phi(layer, samples, block);
              run.backend().gram(1, phi, 0, into.get(0));
              run.backend().crossGram(1, phi, run.targetsSingle(block), 0, into.get(1));
            });
  }

  /**
   * Solves for w and v, and writes V into the matrix of the potential.
   *
   * @param of holds G and b of the present fields
   * @param samples S
   */
  public void solve(SampleReadout of, int samples) {
    long start = System.nanoTime();
    of.solve(ridge(samples), failures);
    nanos += System.nanoTime() - start;
    double noise = conditions.kappa();
    sums.share(run -> run.weights(samples));
    squares.sum((run, block, into) -> run.solve(block, samples, noise, into.get(0)));
    of.potential(parameters, conditions, samples, sums.blocks().points(), potential);
  }

  /**
   * Restores w and v of an earlier solve.
   *
   * @param v P x K, float64
   */
  public void restore(SampleReadout of, int samples, Matrix w, Matrix v) {
    of.setWeights(w);
    sums.share(run -> run.weights(samples));
    sums.spread(v, PointRun::dual);
  }

  /** v of all points, P x K, float64. */
  public void collectDual(Matrix target) {
    sums.collect(PointRun::dual, target);
  }

  /** Sets the vectors u of {@link #multiplyReference}, row-major P x K. */
  public void setReference(double[] u) {
    sums.spread(u, PointRun::reference);
  }

  /**
   * phi^T phi u of the reference, with the present phi of the last layer.
   *
   * @param of scratch
   * @param samples S
   * @return row-major P x K
   */
  public double[] multiplyReference(SampleReadout of, int samples) {
    return multiply(of, samples, PointRun::reference);
  }

  /** The same for vectors u, row-major P x K. */
  public double[] multiply(SampleReadout of, int samples, double[] u) {
    sums.spread(u, PointRun::dualSingle);
    return multiply(of, samples, PointRun::dualSingle);
  }

  /** Vectors of a block of points. */
  @FunctionalInterface
  private interface Vectors {
    Matrix of(PointRun run, int block);
  }

  private double[] multiply(SampleReadout of, int samples, Vectors u) {
    images(of.image(), samples, u);
    of.setWeights(of.image());
    sums.share(run -> run.weights(samples));
    sums.forEach((run, block) -> run.combine(block, samples));
    return sums.collect(PointRun::dual);
  }

  private void images(Matrix target, int samples, Vectors u) {
    sums.total(target)
        .sum(
            (run, block, into) -> {
              Matrix phi = run.rows().phi(run.rows().layers(), samples, block);
              run.backend().crossGram(1, phi, u.of(run, block), 0, into.get(0));
            });
  }

  /**
   * F^T v of the factor below a layer: inputs, or phi of the layer below and a constant.
   *
   * @param v P x K, on the first device
   * @param target (columns of the layer's fields) x K, float64
   */
  public void project(int layer, int samples, Matrix v, Matrix target) {
    sums.spread(v, PointRun::dualSingle);
    project(layer, samples, target);
  }

  /** The same for vectors on the host, row-major P x K. */
  public void project(int layer, int samples, double[] v, Matrix target) {
    sums.spread(v, PointRun::dualSingle);
    project(layer, samples, target);
  }

  private void project(int layer, int samples, Matrix target) {
    sums.total(target)
        .sum(
            (run, block, into) -> {
              Matrix factor =
                  layer == 1
                      ? run.rows().inputs(block)
                      : run.rows().features(layer, samples, block);
              run.backend().crossGram(1, factor, run.dualSingle(block), 0, into.get(0));
            });
  }

  /** -S gamma^2, the factor of w v^T in the derivative dV/dphi of the data term. */
  double pullScale(int samples) {
    return -samples * conditions.gamma() * conditions.gamma();
  }

  /** Constants of the posterior. */
  public PosteriorParameters parameters() {
    return parameters;
  }

  /** Wall-clock time spent in factorizations so far. */
  public long nanos() {
    return nanos;
  }
}
