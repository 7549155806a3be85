package org.richkernel.bench;

import java.util.Locale;
import java.util.SplittableRandom;
import org.richkernel.bayes.AdaptiveNbkSolver;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopSignal;

/**
 * The first sweeps of a whole adaptive fit, all four chains, on both backends: ReLU, gamma 1, kappa
 * 0.1, uniform inputs with the sign of the first coordinate as target, S = 4 P. The time of a sweep
 * counts from the end of the first, which compiles kernels and fills caches.
 */
final class FitComparison {
  private static final long SWEEPS = 3;

  /** Above this a sweep takes a processor too long to wait for. */
  private static final int MOST_POINTS_ON_CPU = 5000;

  private FitComparison() {}

  /** Prints the rows of one P. */
  static void print(Backend cuda, Backend cpu, int points, boolean timed) {
    System.out.printf(
        Locale.ROOT,
        "%n| backend | whole fit, S = %d | seconds per sweep of all chains | peak GB |%n"
            + "| --- | --- | ---: | ---: |%n",
        samples(points));
    row(cuda, points, timed);
    if (points <= MOST_POINTS_ON_CPU) {
      row(cpu, points, timed);
    } else {
      System.out.printf(Locale.ROOT, "| cpu | not run above P = %d | | |%n", MOST_POINTS_ON_CPU);
    }
  }

  private static int samples(int points) {
    return Math.max(64, 4 * points);
  }

  private static void row(Backend backend, int points, boolean timed) {
    StopSignal stop = new StopSignal();
    long[] times = new long[2];
    Progress.Listener listener =
        progress -> {
          if (progress.done() == 1) {
            times[0] = System.nanoTime();
          }
          if (progress.done() == SWEEPS) {
            times[1] = System.nanoTime();
            stop.raise();
          }
        };
    new AdaptiveNbkSolver(backend, problem(points))
        .solve(new RunControl(listener, stop, CheckpointStore.none()));
    double each = (times[1] - times[0]) * 1e-9 / (SWEEPS - 1);
    System.out.printf(
        Locale.ROOT,
        "| %s | sweeps 2 to %d of the burn-in | %s | %.2f |%n",
        backend.info().name(),
        SWEEPS,
        timed ? String.format(Locale.ROOT, "%.3f", each) : "not timed",
        backend.peakBytes() * 1e-9);
  }

  private static AdaptiveProblem problem(int points) {
    int dimension = DeviceComparison.MOST_RANK;
    SplittableRandom random = new SplittableRandom(1);
    double[] x = new double[points * dimension];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextDouble(-Math.sqrt(3), Math.sqrt(3));
    }
    double[] y = new double[points];
    for (int i = 0; i < points; i++) {
      y[i] = Math.signum(x[i * dimension]);
    }
    return AdaptiveProblem.of(
        NetworkSpec.of(1, Activation.RELU),
        SaddleOptions.of(1, 10).withSamples(samples(points)),
        Inputs.of(x, points, dimension),
        Targets.of(y, points, 1));
  }
}
