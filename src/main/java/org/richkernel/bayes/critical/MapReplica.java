package org.richkernel.bayes.critical;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.RandomStreams;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;

/**
 * The forward-backward equations of one set of samples, solved by alternating passes down
 * (conjugate kernels) and up (kernels) through the layers:
 *
 * <pre>  Ct^l = g J_l^*[Ct^{l+1}] + sampled terms of higher order,
 *   C^{l+1} = g_b + g (E[phi phi^T] at C^l + sampled change by the tilt).</pre>
 *
 * <p>The step is halved each time the mismatch grows.
 */
final class MapReplica implements AutoCloseable {
  /** Largest mismatch of a solved replica, relative to the change of the kernels. */
  static final double ACCURACY = 1e-5;

  private static final double SMALLEST_STEP = 1e-3;

  private final Backend backend;
  private final FiniteWidthProblem problem;
  private final KernelStack prior;
  private final TiltedLayer layer;
  private final long seed;
  private final int replica;
  private final List<double[]> kernels = new ArrayList<>();
  private final List<double[]> conjugate;
  private double residual = Double.POSITIVE_INFINITY;
  private double step = 1;
  private double effectiveShare = 1;
  private int passes;

  /**
   * @param others number of points for the predictions of {@link #solved}
   * @param replica index, part of the key of the random streams
   */
  MapReplica(
      Backend backend,
      FiniteWidthProblem problem,
      KernelStack prior,
      MapOptions options,
      int others,
      int replica) {
    this.backend = backend;
    this.problem = problem;
    this.prior = prior;
    this.seed = options.seed();
    this.replica = replica;
    layer =
        new TiltedLayer(
            backend,
            problem.activation(),
            problem.points(),
            options.samples(),
            OtherPointsPass.panel(others),
            options.seed(),
            RandomStreams.stream(RandomStreams.INITIAL_FIELD, replica, 0));
    for (int l = 0; l <= problem.layers(); l++) {
      kernels.add(prior.covariance(l));
    }
    conjugate = new ArrayList<>(Collections.nCopies(problem.layers() + 1, new double[0]));
  }

  /**
   * Iterates until solved or out of budget, from a checkpoint if there is one.
   *
   * @return false if a stop was requested; the checkpoint then holds the state
   */
  boolean solve(int maxIterations, RunControl control) {
    control.checkpoints().load().ifPresent(this::restore);
    while (passes < maxIterations && residual > ACCURACY && step >= SMALLEST_STEP) {
      if (control.stop().isRaised()) {
        control.checkpoints().save(passes, state());
        return false;
      }
      try {
        pass();
      } catch (NotPositiveDefiniteException e) {
        // the tilt exceeds the prior: begin again with shorter steps, or end unsolved
        restart();
      }
      control.listener().progress(progress(maxIterations));
      if (control.checkpoints().due()) {
        control.checkpoints().save(passes, state());
      }
    }
    return true;
  }

  private Progress progress(int maxIterations) {
    return new Progress(
        "forward-backward N=" + problem.width() + ", set " + (replica + 1),
        Math.sqrt(problem.chi() / problem.width()),
        (long) replica * maxIterations + passes,
        (long) MapSolver.REPLICAS * maxIterations,
        Double.NaN,
        residual);
  }

  /** The state between two passes. */
  private SolverState state() {
    SolverState state = new SolverState().put("pass", residual, step, effectiveShare, passes);
    for (int l = 1; l < kernels.size(); l++) {
      state.put("kernel_" + l, kernels.get(l)).put("conjugate_" + l, conjugate.get(l));
    }
    return state;
  }

  private void restore(SolverState state) {
    double[] numbers = state.doubles("pass");
    residual = numbers[0];
    step = numbers[1];
    effectiveShare = numbers[2];
    passes = (int) numbers[3];
    for (int l = 1; l < kernels.size(); l++) {
      kernels.set(l, state.doubles("kernel_" + l));
      conjugate.set(l, state.doubles("conjugate_" + l));
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
   * Result of the passes, with predictions at other points: their covariances with the training
   * points pass through the layers with the tilt of the training points.
   *
   * @param cross covariance of the inputs, Q x P
   * @param variance of the inputs, Q
   */
  SolvedReplica solved(double[] cross, double[] variance) {
    double tilt = 0;
    for (int l = 0; l < problem.layers(); l++) {
      tilt =
          Math.max(
              tilt,
              TiltBound.of(
                  problem.activation(),
                  kernels.get(l),
                  conjugate.get(l + 1),
                  problem.points(),
                  problem.weight()[l] / problem.width()));
    }
    double[] predictions =
        OtherPointsPass.predict(
            backend, problem, layer, kernels, conjugate, cross, variance, seed, replica);
    return new SolvedReplica(
        List.copyOf(kernels),
        List.copyOf(conjugate),
        ConjugateKernel.of(backend, problem, kernels.get(problem.layers())).dual(),
        predictions,
        residual,
        effectiveShare,
        tilt,
        passes);
  }

  @Override
  public void close() {
    layer.close();
  }
}
