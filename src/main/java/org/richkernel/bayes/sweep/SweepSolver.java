package org.richkernel.bayes.sweep;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.InputFactor;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopSignal;

/**
 * Runs a {@link LayerSweep}: the richness rises from zero, the averages settle, and sweeps are
 * averaged until the kernels are known to half of the tolerance, or the budget is used up.
 */
final class SweepSolver {
  /** Name of the work in progress reports. */
  static final String PHASE = "cross-check";

  /** Number of sweeps per layer in which the richness rises, and of as many to settle. */
  private static final int RISE_PER_LAYER = 50;

  /** Number of sweeps between two tests of the errors. */
  private static final int ROUND = 20;

  /** Number of consecutive tests that must pass. */
  private static final int PASSES = 2;

  /** Largest relative error of a kernel, relative to the tolerance. */
  private static final double ERROR_SHARE = 0.5;

  private static final double LARGEST_DRIFT = 4;
  private static final double FEWEST_INDEPENDENT_SWEEPS = 10;

  private final Backend backend;
  private final AdaptiveProblem problem;

  SweepSolver(Backend backend, AdaptiveProblem problem) {
    this.backend = backend;
    this.problem = problem;
  }

  /** Peak memory of {@link #solve}. */
  MemoryPlan plan() {
    int points = problem.trainInputs().rows();
    NetworkSpec network = problem.network();
    int width = problem.trainInputs().dimension() + (network.biasVariance() > 0 ? 1 : 0);
    MemoryPlan plan = averages(points);
    LayerSweep.plan(
        backend,
        plan,
        network.hiddenLayers(),
        points,
        Math.min(points, width),
        problem.trainTargets().outputs(),
        problem.options().samples());
    // kernels of both routes and their difference
    return plan.addHost(3L * network.hiddenLayers() * points * points * Double.BYTES);
  }

  private MemoryPlan averages(int points) {
    MemoryPlan plan = new MemoryPlan();
    int outputs = problem.trainTargets().outputs();
    SweepAverages.plan(plan, problem.network().hiddenLayers(), points, outputs);
    return plan.add("sum of duals", Precision.FLOAT64, points, outputs);
  }

  /**
   * Sweeps until the averages meet their accuracy.
   *
   * @return empty if a stop was requested
   */
  Optional<SweepSolution> solve(RunControl control) {
    SaddleOptions options = problem.options();
    NetworkSpec network = problem.network();
    int points = problem.trainInputs().rows();
    int depth = network.hiddenLayers();
    double[] y = problem.trainTargets().toArray();
    InputFactor input =
        InputFactor.of(
            backend,
            network,
            problem.trainInputs()::copyRows,
            points,
            problem.trainInputs().dimension());
    try (LayerSweep sweep =
            new LayerSweep(
                backend, network, input, y, options.kappa(), options.samples(), options.seed());
        Workspace memory = new Workspace(backend, averages(points))) {
      Monitor monitor = new Monitor(control, sweep, RISE_PER_LAYER * depth);
      if (!monitor.burnIn()) {
        return Optional.empty();
      }
      List<SweepAverages> layers = new ArrayList<>();
      for (int l = 1; l <= depth; l++) {
        layers.add(new SweepAverages(backend, memory, l, network.weightVariance(l)));
      }
      Matrix duals = memory.get("sum of duals");
      int passes = 0;
      int measured = 0;
      while (passes < PASSES && measured < options.maxSweeps()) {
        if (!monitor.sweep(options.gamma())) {
          return Optional.empty();
        }
        measured++;
        for (int l = 1; l <= depth; l++) {
          layers.get(l - 1).measure(sweep.kernel(l), sweep.targets(), sweep.unit());
        }
        backend.axpy(1, sweep.dual(), duals);
        if (measured % ROUND == 0) {
          passes = passes(layers) ? passes + 1 : 0;
        }
      }
      return Optional.of(solution(sweep, layers, duals, passes == PASSES));
    }
  }

  /** Sweeps with progress reports and a stop signal. */
  private final class Monitor {
    private final RunControl control;
    private final LayerSweep sweep;
    private final int half;
    private long done;

    Monitor(RunControl control, LayerSweep sweep, int half) {
      this.control = control;
      this.sweep = sweep;
      this.half = half;
    }

    /** Raises the richness and lets the averages settle; false if a stop was requested. */
    boolean burnIn() {
      double gamma = problem.options().gamma();
      for (int s = 1; s <= 2 * half; s++) {
        if (!sweep(gamma * Math.min(1, s / (double) half))) {
          return false;
        }
      }
      sweep.freeze();
      return true;
    }

    /** One sweep; false if a stop was requested. */
    boolean sweep(double richness) {
      StopSignal stop = control.stop();
      if (stop.isRaised()) {
        return false;
      }
      sweep.sweep(richness);
      done++;
      long total = 2L * half + problem.options().maxSweeps();
      control
          .listener()
          .progress(new Progress(PHASE, richness, done, total, sweep.acceptance(), Double.NaN));
      return true;
    }
  }

  private boolean passes(List<SweepAverages> layers) {
    double largest = ERROR_SHARE * problem.options().tolerance();
    for (SweepAverages layer : layers) {
      // An error that is not known yet, NaN, does not pass.
      if (!(layer.relativeError() <= largest
          && layer.drift() <= LARGEST_DRIFT
          && layer.count() >= FEWEST_INDEPENDENT_SWEEPS * layer.correlation())) {
        return false;
      }
    }
    return true;
  }

  private SweepSolution solution(
      LayerSweep sweep, List<SweepAverages> layers, Matrix duals, boolean settled) {
    double targetSquare = backend.dot(sweep.targets(), sweep.targets());
    List<double[]> kernels = new ArrayList<>();
    List<AdaptiveNbkSolution.Layer> numbers = new ArrayList<>();
    double drift = 0;
    for (SweepAverages layer : layers) {
      kernels.add(layer.kernel());
      numbers.add(layer.layer(targetSquare));
      drift = Math.max(drift, layer.drift());
    }
    return new SweepSolution(
        settled,
        layers.get(0).count(),
        sweep.acceptance(),
        drift,
        residual(kernels.get(kernels.size() - 1), duals, layers.get(0).count()),
        kernels,
        numbers);
  }

  /** |Y - (g_L Phi^L + kappa) v| / |Y|. */
  private double residual(double[] phi, Matrix duals, int count) {
    double[] y = problem.trainTargets().toArray();
    double[] v = new double[y.length];
    backend.download(duals, v);
    double g = problem.network().weightVariance(problem.network().hiddenLayers());
    int points = problem.trainInputs().rows();
    int outputs = y.length / points;
    double squares = 0;
    double size = 0;
    for (int i = 0; i < points; i++) {
      for (int k = 0; k < outputs; k++) {
        double r = y[i * outputs + k] - problem.options().kappa() * v[i * outputs + k] / count;
        for (int j = 0; j < points; j++) {
          r -= g * phi[i * points + j] * v[j * outputs + k] / count;
        }
        squares += r * r;
        size += y[i * outputs + k] * y[i * outputs + k];
      }
    }
    return Math.sqrt(squares / size);
  }
}
