package org.richkernel.bayes.critical;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.solver.StopSignal;

/**
 * The forward-backward equations of one set of samples, solved by alternating passes down
 * (conjugate kernels) and up (kernels) through the layers:
 *
 * <pre>  Ct^l = g J_l^*[Ct^{l+1}] + sampled terms of higher order,
 *   C^{l+1} = g_b + g (E[phi phi^T] at C^l + sampled change by the tilt).</pre>
 *
 * <p>The step is halved whenever the mismatch grows.
 */
final class MapReplica implements AutoCloseable {
  /** Mismatch of a pass, relative to the change of the kernels, at which they count as solved. */
  static final double ACCURACY = 1e-5;

  private static final double SMALLEST_STEP = 1e-3;

  private final Backend backend;
  private final FiniteWidthProblem problem;
  private final KernelStack prior;
  private final TiltedLayer layer;
  private final List<double[]> kernels = new ArrayList<>();
  private final List<double[]> conjugate;
  private double residual = Double.POSITIVE_INFINITY;
  private double step = 1;
  private double effectiveShare = 1;
  private int passes;

  MapReplica(
      Backend backend,
      FiniteWidthProblem problem,
      KernelStack prior,
      MapOptions options,
      int replica) {
    this.backend = backend;
    this.problem = problem;
    this.prior = prior;
    layer =
        new TiltedLayer(
            backend,
            problem.activation(),
            problem.points(),
            options.samples(),
            options.seed(),
            replica);
    for (int l = 0; l <= problem.layers(); l++) {
      kernels.add(prior.covariance(l));
    }
    conjugate = new ArrayList<>(Collections.nCopies(problem.layers() + 1, new double[0]));
  }

  /** Iterates until solved, out of budget, or stopped. */
  void solve(int maxIterations, StopSignal stop) {
    while (passes < maxIterations
        && residual > ACCURACY
        && step >= SMALLEST_STEP
        && !stop.isRaised()) {
      try {
        pass();
      } catch (NotPositiveDefiniteException e) {
        // the tilt outgrew the prior: begin again with shorter steps, or end unsolved
        restart();
      }
    }
  }

  private void restart() {
    step /= 4;
    residual = Double.POSITIVE_INFINITY;
    passes++;
    for (int l = 1; l < kernels.size(); l++) {
      kernels.set(l, prior.covariance(l));
    }
  }

  private void pass() {
    int layers = problem.layers();
    conjugate.set(layers, ConjugateKernel.of(backend, problem, kernels.get(layers)).pull());
    effectiveShare = 1;
    for (int l = layers - 1; l >= 1; l--) {
      double g = problem.weight()[l];
      KernelDifferential map = map(l);
      tilt(l, map);
      double[] pull = map.adjoint(conjugate.get(l + 1));
      double[] more = layer.conjugateChange();
      for (int i = 0; i < pull.length; i++) {
        pull[i] = g * pull[i] + 0.5 * problem.width() * more[i];
      }
      conjugate.set(l, pull);
    }
    double mismatch = 0;
    double change = 0;
    for (int l = 0; l < layers; l++) {
      double[] next = image(l);
      double[] old = kernels.get(l + 1);
      double[] start = prior.covariance(l + 1);
      double[] moved = new double[next.length];
      for (int i = 0; i < next.length; i++) {
        mismatch += (next[i] - old[i]) * (next[i] - old[i]);
        change += (next[i] - start[i]) * (next[i] - start[i]);
        moved[i] = old[i] + step * (next[i] - old[i]);
      }
      kernels.set(l + 1, moved);
    }
    double now = change == 0 ? 0 : Math.sqrt(mismatch / change);
    if (now > residual) {
      step = Math.max(SMALLEST_STEP, step / 2);
    }
    residual = now;
    passes++;
  }

  private KernelDifferential map(int l) {
    return KernelDifferential.of(problem.activation(), kernels.get(l), problem.points());
  }

  private void tilt(int l, KernelDifferential map) {
    layer.tilt(
        kernels.get(l), conjugate.get(l + 1), problem.weight()[l] / problem.width(), map.gain());
    effectiveShare = Math.min(effectiveShare, layer.effectiveShare());
  }

  /** C^{l+1} from C^l and Ct^{l+1}. */
  private double[] image(int l) {
    KernelDifferential map = map(l);
    tilt(l, map);
    double[] phi = map.value().clone();
    double[] change = layer.kernelChange(map.gain());
    for (int i = 0; i < phi.length; i++) {
      phi[i] += change[i];
    }
    return problem.covariance(l + 1, phi);
  }

  /**
   * Predictions at other points: their covariances with the training points go up through the
   * layers with the tilt of the training points.
   *
   * @param cross covariance of the inputs, Q x P
   * @param variance of the inputs, Q
   * @return Q x K
   */
  double[] predict(double[] cross, double[] variance, long seed, int replica) {
    return OtherPointsPass.predict(
        backend, problem, layer, kernels, conjugate, cross, variance, seed, replica);
  }

  /** C^l, l = 0 .. L. */
  List<double[]> kernels() {
    return kernels;
  }

  /** Ct^l, l = 1 .. L; empty at 0. */
  List<double[]> conjugate() {
    return conjugate;
  }

  /** V at the readout kernel, P x K. */
  double[] dual() {
    return ConjugateKernel.of(backend, problem, kernels.get(problem.layers())).dual();
  }

  /** Mismatch of the last pass relative to the change of the kernels. */
  double residual() {
    return residual;
  }

  /** Smallest effective share of the samples over the layers. */
  double effectiveShare() {
    return effectiveShare;
  }

  int passes() {
    return passes;
  }

  @Override
  public void close() {
    layer.close();
  }
}
