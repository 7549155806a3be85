package org.richkernel.bayes.critical;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.RandomStreams;
import org.richkernel.sampling.IndependentEstimates;

/**
 * The change of the kernels with the data to first order in 1/N (arXiv:2405.10761):
 *
 * <pre>  Ct^l = g J_l^*[Ct^{l+1}],      dC^0 = 0,
 *   dC^{l+1} = g J_l[dC^l] + (g^2 / N) V_l[Ct^{l+1}],
 *   V_l[T]_ij = Cov(phi_i phi_j, phi^T T phi),   h ~ N(0, C^l).</pre>
 *
 * <p>J and its adjoint are closed forms (a Hermite series for tanh). V contains four-point averages
 * of the activation. It is sampled by independent replicas, with the linear layer of the same gain
 * as control variate; the spread of the replicas gives the error.
 */
public final class LinearResponse {
  /** Number of independent sets of samples. */
  public static final int REPLICAS = 8;

  /** Size of a tilt that is effectively infinitesimal with weights in double precision. */
  private static final double INFINITESIMAL = 1e-4;

  private LinearResponse() {}

  /** Peak memory of {@link #solve}. */
  public static MemoryPlan plan(FiniteWidthProblem problem, int samples) {
    long kernel = 8L * problem.points() * problem.points();
    return TiltedLayer.plan(problem.points(), samples, 0)
        .addHost(kernel * (5 + REPLICAS) * (problem.layers() + 1L));
  }

  /**
   * The response of all layers.
   *
   * @param samples S of every replica
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if the plan does not
   *     fit
   */
  public static KernelAdaptation solve(
      Backend backend, FiniteWidthProblem problem, int samples, long seed) {
    return solve(backend, problem, samples, seed, RandomStreams.RESPONSE_FIELD);
  }

  /**
   * The same with random streams of another purpose.
   *
   * @param purpose one of {@link RandomStreams}
   */
  static KernelAdaptation solve(
      Backend backend, FiniteWidthProblem problem, int samples, long seed, int purpose) {
    plan(problem, samples).requireFits(backend, MapSolver.LESS_MEMORY);
    int layers = problem.layers();
    int points = problem.points();
    KernelStack stack = KernelStack.prior(problem);
    List<double[]> prior = new ArrayList<>();
    for (int l = 0; l <= layers; l++) {
      prior.add(stack.covariance(l));
    }
    List<double[]> conjugate = new ArrayList<>(Collections.nCopies(layers + 1, new double[0]));
    conjugate.set(layers, ConjugateKernel.of(backend, problem, prior.get(layers)).pull());
    for (int l = layers - 1; l >= 1; l--) {
      conjugate.set(l, scaled(problem.weight()[l], stack.map(l).adjoint(conjugate.get(l + 1))));
    }
    List<List<double[]>> replicas = new ArrayList<>();
    for (int l = 0; l <= layers; l++) {
      replicas.add(new ArrayList<>());
    }
    for (int r = 0; r < REPLICAS; r++) {
      double[] change = new double[points * points];
      replicas.get(0).add(change);
      long stream = RandomStreams.stream(purpose, r, 0);
      try (TiltedLayer samplesOf =
          new TiltedLayer(backend, problem.activation(), points, samples, 0, seed, stream)) {
        for (int l = 0; l < layers; l++) {
          double g = problem.weight()[l];
          double[] source =
              source(
                  samplesOf,
                  g / problem.width(),
                  prior.get(l),
                  conjugate.get(l + 1),
                  stack.map(l).gain());
          change = scaled(g, stack.map(l).apply(change));
          for (int i = 0; i < change.length; i++) {
            change[i] += g * source[i];
          }
          replicas.get(l + 1).add(change);
        }
      }
    }
    List<double[]> mean = new ArrayList<>();
    List<Double> error = new ArrayList<>();
    for (List<double[]> estimates : replicas) {
      IndependentEstimates independent = new IndependentEstimates(estimates);
      mean.add(independent.mean());
      error.add(KernelAdaptation.norm(independent.standardError()));
    }
    return new KernelAdaptation(prior, mean, error, conjugate);
  }

  /**
   * Ratio of the change of the readout kernel to the source of its own layer, |dC^L|_F / |dC^L - g
   * J[dC^{L-1}]|_F: 1 for one layer, and {@link ResponseFunctions#adaptationGrowth} for equal
   * sources.
   */
  public static double growth(FiniteWidthProblem problem, KernelAdaptation response) {
    int last = problem.layers();
    KernelDifferential map =
        KernelDifferential.of(
            problem.activation(), response.prior().get(last - 1), problem.points());
    double[] carried = map.apply(response.change().get(last - 1));
    double[] source = response.change().get(last).clone();
    for (int i = 0; i < source.length; i++) {
      source[i] -= problem.weight()[last - 1] * carried[i];
    }
    return response.changeNorm(last) / KernelAdaptation.norm(source);
  }

  /** (g / N) V[Ct]. */
  private static double[] source(
      TiltedLayer layer, double gOverWidth, double[] c, double[] ct, double[] gain) {
    // U = (g / N) phi^T Ct phi is about (g / N) |Ct| |C|; it is reduced to an infinitesimal size
    // and the response is scaled back
    double size = gOverWidth * KernelAdaptation.norm(ct) * KernelAdaptation.norm(c);
    double shrink = size == 0 ? 1 : INFINITESIMAL / size;
    layer.tilt(c, scaled(shrink, ct), gOverWidth, gain);
    return scaled(1 / shrink, layer.kernelChange(gain));
  }

  private static double[] scaled(double factor, double[] a) {
    double[] b = new double[a.length];
    for (int i = 0; i < b.length; i++) {
      b[i] = factor * a[i];
    }
    return b;
  }
}
