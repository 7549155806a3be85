package org.richkernel.bench;

import java.util.Map;
import java.util.SplittableRandom;
import org.richkernel.bayes.AdaptiveNbkSolver;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.compute.Activation;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopSignal;

/**
 * The first sweeps of an adaptive fit, all four chains, on a backend: {@code FitComparison cuda|cpu
 * LAYERS P SAMPLES SWEEPS}. ReLU for one hidden layer and tanh for more, gamma 1, kappa 0.1,
 * uniform inputs with the sign of the first coordinate as target. A row for each sweep; the first
 * also compiles kernels and fills caches. Floating-point operations are those of the products.
 */
public final class FitComparison {
  private FitComparison() {}

  /** Prints the rows of one fit. */
  public static void main(String[] arguments) {
    int layers = Integer.parseInt(arguments[1]);
    int points = Integer.parseInt(arguments[2]);
    int samples = Integer.parseInt(arguments[3]);
    long sweeps = Long.parseLong(arguments[4]);
    DeviceRun.on(arguments[0], run -> fit(run, problem(layers, points, samples), sweeps));
  }

  private static void fit(DeviceRun run, AdaptiveProblem problem, long sweeps) {
    StopSignal stop = new StopSignal();
    FlopCount count = new FlopCount(run.backend());
    Progress.Listener listener =
        new Progress.Listener() {
          private long start = System.nanoTime();
          private double single;
          private double twice;

          @Override
          public void progress(Progress progress) {
            double seconds = (System.nanoTime() - start) * 1e-9;
            Map<String, Object> row = run.row("sweeps");
            row.put("layers", problem.network().hiddenLayers());
            row.put("P", problem.trainInputs().rows());
            row.put("S", problem.options().samples());
            row.put("sweep", progress.done());
            row.put("peakBytes", run.backend().peakBytes());
            run.print(
                row,
                seconds,
                new DeviceRun.Work(count.single() - single, count.twice() - twice, 0));
            if (progress.done() >= sweeps) {
              stop.raise();
            }
            single = count.single();
            twice = count.twice();
            start = System.nanoTime();
          }
        };
    new AdaptiveNbkSolver(count.backend(), problem)
        .solve(new RunControl(listener, stop, CheckpointStore.none()));
  }

  private static AdaptiveProblem problem(int layers, int points, int samples) {
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
        NetworkSpec.of(layers, layers == 1 ? Activation.RELU : Activation.TANH),
        SaddleOptions.of(1, 10).withSamples(samples),
        Inputs.of(x, points, dimension),
        Targets.of(y, points, 1));
  }
}
