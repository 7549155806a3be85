package org.richkernel.study;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.limit.Classification;
import org.richkernel.limit.CoordinateRun;
import org.richkernel.limit.LimitDistance;
import org.richkernel.limit.Optimizer;
import org.richkernel.limit.Parametrization;
import org.richkernel.limit.ScalingExperiment;
import org.richkernel.limit.ScalingOptions;
import org.richkernel.solver.RunControl;

/**
 * Distances of trained networks to their computed limit over seeds, and how often they are said to
 * tend elsewhere: of the right task, and of one whose step size is declared wrong. Arguments: first
 * seed, number of seeds, networks of each width, widths with commas between, samples of the limit.
 */
public final class LimitDistances {
  private LimitDistances() {}

  /** Prints a row for each depth. */
  public static void main(String[] arguments) {
    long first = Long.parseLong(arguments[0]);
    int seeds = Integer.parseInt(arguments[1]);
    int networks = Integer.parseInt(arguments[2]);
    List<Integer> widths =
        Arrays.stream(arguments[3].split(",", -1)).map(Integer::valueOf).toList();
    int samples = Integer.parseInt(arguments[4]);
    System.out.println(
        "| hidden layers | distance at widths "
            + arguments[3]
            + " | slope, mean and deviation over seeds | flagged | flagged, step size declared 1.5"
            + " times | 2 times |");
    System.out.println("| --- | --- | --- | ---: | ---: | ---: |");
    try (Backend backend = Backends.cpu()) {
      for (int depth = 1; depth <= 3; depth++) {
        Parametrization p = Parametrization.maximalUpdate(depth, Optimizer.SGD);
        int[] flagged = new int[3];
        double[] squares = new double[widths.size()];
        List<Double> slopes = new ArrayList<>();
        for (long seed = first; seed < first + seeds; seed++) {
          ScalingOptions task =
              ScalingOptions.usual(p)
                  .withNetworks(widths, networks, Activation.TANH)
                  .withSeed(seed);
          List<CoordinateRun> runs =
              new ScalingExperiment(p, task).run(backend, RunControl.silent()).orElseThrow();
          double[] wrong = {1, 1.5, 2};
          for (int i = 0; i < wrong.length; i++) {
            LimitDistance found =
                new TrainedTask(
                        Activation.TANH,
                        wrong[i] * task.stepSize(),
                        ScalingExperiment.inputs(task, backend),
                        task.targets())
                    .distance(Classification.of(p), false, runs, samples, seed, backend)
                    .orElseThrow();
            flagged[i] += found.tendsToLimit() ? 0 : 1;
            if (i == 0) {
              slopes.add(found.law().slope());
              for (int w = 0; w < squares.length; w++) {
                double distance = found.rows().get(w).distance();
                squares[w] += distance * distance / seeds;
              }
            }
          }
        }
        print(depth, squares, slopes, flagged);
      }
    }
  }

  private static void print(int depth, double[] squares, List<Double> slopes, int[] flagged) {
    double mean = slopes.stream().mapToDouble(x -> x).average().orElse(Double.NaN);
    double deviation =
        Math.sqrt(
            slopes.stream().mapToDouble(x -> (x - mean) * (x - mean)).sum() / (slopes.size() - 1));
    List<String> distances = new ArrayList<>();
    for (double square : squares) {
      distances.add(String.format(Locale.ROOT, "%.4f", Math.sqrt(square)));
    }
    System.out.printf(
        Locale.ROOT,
        "| %d | %s | %.3f, %.3f | %d of %d | %d | %d |%n",
        depth,
        String.join(", ", distances),
        mean,
        deviation,
        flagged[0],
        slopes.size(),
        flagged[1],
        flagged[2]);
  }
}
